#pragma once

#include <utility>

#include "roomstore/room_feed.hpp"

namespace roomstore {

namespace detail {

/// Whether a reader that has the cursor of these changes has to be told them.
inline bool tells_anything(const RoomChanges& changes, std::int64_t first_index) {
    return changes.reset || changes.room || !changes.added.empty() || !changes.updated.empty() ||
           !changes.deleted.empty() || changes.first_index != first_index;
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
            static_cast<void>(co_await watch_->next());
            // Until everything is read: this call may be cancelled before.
            dirty_ = true;
        }
        const ChangesQuery query{
            .since = cursor_, .limit = options_.limit, .start = options_.start};
        RoomChanges changes = co_await store_->list_changes(room_id_, query);
        const bool first = !cursor_;
        const bool tells = first || detail::tells_anything(changes, first_index_);
        cursor_ = changes.cursor;
        first_index_ = changes.first_index;
        dirty_ = changes.more;
        if (tells) co_return changes;
    }
}

}  // namespace roomstore
