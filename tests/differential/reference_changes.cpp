#include <atomic>
#include <utility>

#include "differential/reference_store.hpp"
#include "differential/reference_support.hpp"

namespace roomstore::differential {

namespace {

std::uint64_t next_store_number() {
    static std::atomic<std::uint64_t> stores = 0;
    return ++stores;
}

}  // namespace

ReferenceStore::ReferenceStore(Limits limits)
    : validator_(limits),
      store_number_(next_store_number()),
      watches_(roomstore::detail::WatchRegistry::make()) {}

ReferenceStore::~ReferenceStore() { watches_->close(); }

std::int64_t ReferenceStore::revision(const std::string& room_id) const {
    for (const auto& state : rooms_) {
        if (state.room.id == room_id) return state.revision;
    }
    return 0;
}

void ReferenceStore::add_change(RoomState& state, const RoomEvent& event, bool deleted) {
    state.changes.push_back(
        {.revision = ++state.revision, .index = event.index, .id = event.id, .deleted = deleted});
}

/// Another number for every room, every reset and every store.
std::uint64_t ReferenceStore::hash_of(const RoomState& state) const {
    return (store_number_ << 40) + (resets_ << 20) + state.number;
}

bool ReferenceStore::continues(const RoomState& state, const RoomCursor& since) const {
    if (since.room == 0) {
        return since.next_index == 0 && since.revision == 0 && since.from_index == 0;
    }
    return since.room == hash_of(state) && since.next_index <= state.next_index &&
           since.revision <= state.revision;
}

RoomChanges ReferenceStore::newest_events(const RoomState& state, const ChangesQuery& query) const {
    RoomChanges answer = changes_since(state, {}, 1'000'000);
    const auto limit = static_cast<std::size_t>(query.limit);
    if (answer.added.size() > limit) {
        answer.added.erase(answer.added.begin(),
                           answer.added.end() - static_cast<std::ptrdiff_t>(limit));
        answer.cursor.from_index = answer.added.front().index;
    }
    return answer;
}

RoomChanges ReferenceStore::all_changes(const RoomState& state, const ChangesQuery& query) const {
    if (query.start == Start::newest) return newest_events(state, query);
    return changes_since(state, {}, query.limit);
}

RoomChanges ReferenceStore::changes_since(const RoomState& state,
                                          const RoomCursor& since,
                                          std::int64_t limit) const {
    RoomChanges answer;
    answer.exists = true;
    answer.first_index = state.first_index;
    answer.cursor = since;
    answer.cursor.room = hash_of(state);
    if (since.room == 0 || state.row_revision > since.revision) answer.room = state.room;
    std::int64_t told = 0;
    for (const auto& change : state.changes) {
        if (change.revision <= since.revision) continue;
        if (change.index < since.from_index || change.index < state.first_index) continue;
        if (change.index >= since.next_index) continue;
        const bool replaced = std::ranges::any_of(state.changes, [&](const Change& other) {
            return other.index == change.index && other.revision > change.revision;
        });
        if (replaced) continue;
        if (told == limit) {
            answer.more = true;
            return answer;
        }
        ++told;
        answer.cursor.revision = change.revision;
        if (change.deleted) {
            answer.deleted.push_back({.id = change.id, .index = change.index});
            continue;
        }
        for (const auto& event : state.events) {
            if (event.index == change.index) answer.updated.push_back(event);
        }
    }
    answer.cursor.revision = state.revision;
    answer.cursor.next_index = state.next_index;
    for (const auto& event : state.events) {
        if (event.index < since.next_index) continue;
        if (static_cast<std::int64_t>(answer.added.size()) == limit) {
            answer.more = true;
            answer.cursor.next_index = answer.added.back().index + 1;
            break;
        }
        answer.added.push_back(event);
    }
    return answer;
}

asio::awaitable<RoomChanges> ReferenceStore::list_changes(std::string room_id, ChangesQuery query) {
    require_open();
    validator_.list_changes(room_id, query);
    RoomChanges answer;
    const auto* state = find(room_id);
    if (!state) {
        answer.reset = query.since && query.since->room != 0;
        co_return answer;
    }
    if (!query.since) co_return all_changes(*state, query);
    if (continues(*state, *query.since)) {
        co_return changes_since(*state, *query.since, query.limit);
    }
    answer = all_changes(*state, query);
    answer.reset = true;
    co_return answer;
}

asio::awaitable<void> ReferenceStore::reset_cursors() {
    require_open();
    ++resets_;
    co_return;
}

std::shared_ptr<RoomWatch> ReferenceStore::watch_rooms(WatchOptions options) {
    require_open();
    return watches_->watch(std::move(options.rooms));
}

}  // namespace roomstore::differential
