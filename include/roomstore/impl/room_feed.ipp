#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "roomstore/room_feed.hpp"

namespace roomstore {

namespace detail {

/// Whether these changes mean anything to a reader that has the cursor `since`. `first_index`: that
/// of the room when the cursor was given, if it is known.
inline bool tells_anything(const RoomChanges& changes,
                           const RoomCursor& since,
                           std::optional<std::int64_t> first_index) {
    if (changes.reset || changes.room || !changes.added.empty() || !changes.updated.empty() ||
        !changes.deleted.empty()) {
        return true;
    }
    if (first_index) return changes.first_index != *first_index;
    // The first index does not move without a revision.
    return changes.cursor.revision != since.revision && changes.first_index > since.from_index;
}

}  // namespace detail

RoomFeed::RoomFeed(ConversationStore& store,
                   std::string room_id,
                   std::optional<RoomCursor> cursor,
                   FeedOptions options)
    : store_(&store), room_id_(std::move(room_id)), cursor_(cursor), options_(options) {
    watch_ = store_->watch_rooms({.rooms = {room_id_}});
}

asio::awaitable<RoomChanges> RoomFeed::next() {
    for (;;) {
        if (!dirty_) {
            [[maybe_unused]] const auto notices = co_await watch_->next();
            // Until everything is read: this call may be cancelled before.
            dirty_ = true;
        }
        const ChangesQuery query{
            .since = cursor_, .limit = options_.limit, .start = options_.start};
        RoomChanges changes = co_await store_->list_changes(room_id_, query);
        const bool tells = !cursor_ || detail::tells_anything(changes, *cursor_, first_index_);
        cursor_ = changes.cursor;
        first_index_ = changes.first_index;
        dirty_ = changes.more;
        if (tells) co_return changes;
    }
}

}  // namespace roomstore
