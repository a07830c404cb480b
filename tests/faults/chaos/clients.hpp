#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <asio/awaitable.hpp>

#include "faults/chaos/journal.hpp"
#include "roomstore/conversation_store.hpp"

namespace roomstore::chaos {

/// Random numbers determined by the seed of the run, the name of the client or thread, and a count.
/// A seed replays the same numbers, whatever the outcomes of the calls.
class Draw {
public:
    Draw(std::uint64_t seed, std::string_view who, std::uint64_t count);

    /// Between `low` and `high`, both included.
    std::int64_t number(std::int64_t low, std::int64_t high);
    std::chrono::milliseconds time(std::int64_t low, std::int64_t high) {
        return std::chrono::milliseconds(number(low, high));
    }
    bool chance(int percent) { return number(1, 100) <= percent; }

private:
    std::mt19937_64 random_;
};

/// An event whose content is determined by its id.
RoomEvent make_chaos_event(const std::string& room_id, const std::string& event_id);

inline constexpr int room_count = 5;
std::string room_name(std::int64_t number);

/// State shared by the clients of all stores.
struct Shared {
    Journal& journal;
    std::uint64_t seed = 0;
    std::atomic<bool> stop{false};
    std::atomic<std::uint64_t> acknowledged{0};
    /// When a call of each store last succeeded.
    std::array<std::atomic<Instant>, 8> last_success{};
    std::atomic<std::uint64_t> redelivered{0};
    std::atomic<std::uint64_t> aborted{0};
};

/// One store, and the settings that its clients depend on.
struct StoreUnderTest {
    ConversationStore& store;
    int number = 0;
    std::chrono::milliseconds deadline{};
};

/// Appends until it is stopped, one call at a time, one or several events, to any room. Some calls
/// are cancelled; some are repeated after a refusal, most after `commit_unknown`. Now and then an
/// event that is already stored is appended again.
asio::awaitable<void> write(Shared& shared, StoreUnderTest under_test, std::string name);

/// Polls all rooms until it is stopped.
asio::awaitable<void> read(Shared& shared, StoreUnderTest under_test, int client);

}  // namespace roomstore::chaos
