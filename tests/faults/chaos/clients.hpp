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

/// Numbers that depend on the seed of the run and on who draws for the how-many-th time, so that a
/// seed replays what was drawn whatever the answers were.
class Draw {
public:
    Draw(std::uint64_t seed, std::string_view who, std::uint64_t count);

    /// Of `low` .. `high`, both included.
    std::int64_t number(std::int64_t low, std::int64_t high);
    std::chrono::milliseconds time(std::int64_t low, std::int64_t high) {
        return std::chrono::milliseconds(number(low, high));
    }
    bool chance(int percent) { return number(1, 100) <= percent; }

private:
    std::mt19937_64 random_;
};

/// Its content follows from its id.
RoomEvent make_chaos_event(const std::string& room_id, const std::string& event_id);

inline constexpr int room_count = 5;
std::string room_name(std::int64_t number);

/// What clients of all stores share.
struct Shared {
    Journal& journal;
    std::uint64_t seed = 0;
    std::atomic<bool> stop{false};
    std::atomic<std::uint64_t> acknowledged{0};
    /// When each store has last given a result.
    std::array<std::atomic<Instant>, 8> last_success{};
    std::atomic<std::uint64_t> redelivered{0};
    std::atomic<std::uint64_t> aborted{0};
};

/// One store, and what its clients have to know of it.
struct StoreUnderTest {
    ConversationStore& store;
    int number = 0;
    std::chrono::milliseconds deadline{};
};

/// Appends until it is stopped, one call at a time: events alone and in batches, to any room; some
/// are cancelled, some asked again after a refusal, most after `commit_unknown`, and now and then
/// one that is stored already is delivered once more.
asio::awaitable<void> write(Shared& shared, StoreUnderTest under_test, std::string name);

/// Follows all rooms until it is stopped.
asio::awaitable<void> read(Shared& shared, StoreUnderTest under_test, int client);

}  // namespace roomstore::chaos
