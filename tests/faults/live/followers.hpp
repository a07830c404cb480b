#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <asio/awaitable.hpp>

#include "roomstore/changes.hpp"
#include "roomstore/conversation_store.hpp"
#include "roomstore/decorators/forwarding_store.hpp"

namespace roomstore::test::live {

/// What the callers of a process have done and seen.
struct Counts {
    std::atomic<int> changes{0};
    std::atomic<int> appended{0};
    std::atomic<int> updated{0};
    std::atomic<int> deleted{0};
    std::atomic<int> trimmed{0};
    std::atomic<int> recreated{0};
    std::atomic<int> unknown{0};
    std::atomic<int> answers{0};
    std::atomic<int> resets{0};
    std::atomic<int> states{0};
    std::atomic<int> cancelled{0};
    std::atomic<int> failed{0};
};

/// The state of an event: each update of an event gives it the next number.
using EventState = std::pair<std::string, int>;

/// Fails every tenth `list_changes`.
class FailingReads final : public ForwardingStore {
public:
    FailingReads(std::shared_ptr<ConversationStore> inner, bool fails, Counts& counts)
        : ForwardingStore(std::move(inner)), fails_(fails), counts_(counts) {}

    asio::awaitable<RoomChanges> list_changes(std::string room_id, ChangesQuery query) override;

private:
    const bool fails_;
    Counts& counts_;
    int reads_ = 0;  // on one thread
};

/// What a follower has been told of a room, and whether it could be true.
class Replica {
public:
    void apply(const RoomChanges& changes, Counts& counts);

    const std::map<std::int64_t, RoomEvent>& events() const { return events_; }
    /// What was told and cannot be true.
    const std::vector<std::string>& problems() const { return problems_; }
    /// States that were told twice in a row: true only if they were written twice.
    const std::set<EventState>& repeated() const { return repeated_; }

private:
    void put(const RoomEvent& event, Counts& counts);
    void problem(const char* what, const std::string& id);

    std::map<std::int64_t, RoomEvent> events_;
    std::map<std::string, int> seen_;
    std::set<std::string> gone_;
    std::int64_t last_added_ = -1;
    std::vector<std::string> problems_;
    std::set<EventState> repeated_;
};

struct Follower {
    std::string room_id;
    std::mutex mutex;
    Replica replica;
    std::string ended;
};

/// Follows the room until the store is closed. Every second call is cancelled if `cancels`.
asio::awaitable<void> follow(ConversationStore& store,
                             Follower& follower,
                             bool cancels,
                             std::int64_t limit,
                             Counts& counts);

/// The events of the room, as `list_events` and `list_changes` give them.
/// @throws std::logic_error if the two differ.
std::map<std::int64_t, RoomEvent> stored_events(ConversationStore& store, const std::string& room);

}  // namespace roomstore::test::live
