#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <asio/awaitable.hpp>

#include "roomstore/changes.hpp"
#include "roomstore/conversation_store.hpp"
#include "roomstore/detail/visibility.hpp"
#include "roomstore/watch.hpp"

namespace roomstore {

/// How a `RoomFeed` reads.
/// @ingroup changes
struct FeedOptions {
    /// Where to begin without a cursor, and after a reset.
    Start start = Start::oldest;
    /// `ChangesQuery::limit` of each read: 1 .. `Limits::max_page_rows`.
    std::int64_t limit = 100;
};

/// Follows one room: gives its changes as they happen, of any backend.
///
/// Combines `watch_rooms` and `list_changes`. The feed gives final states in order: an event that
/// is updated twice before it is read is given once.
///
/// Not thread-safe: one coroutine uses it at a time. The feed must outlive a running call.
/// @ingroup changes
class ROOMSTORE_SHARED RoomFeed {
public:
    /// Follows `room_id`, from `cursor` on if there is one. The room need not exist yet. The store
    /// must outlive the feed.
    /// @throws Error as `RoomWatch::add`.
    RoomFeed(ConversationStore& store,
             std::string room_id,
             std::optional<RoomCursor> cursor = {},
             FeedOptions options = {});
    // Two feeds must not share a watch: each would miss what the other is told.
    RoomFeed(const RoomFeed&) = delete;
    RoomFeed& operator=(const RoomFeed&) = delete;
    /// No call of `other` may be running.
    RoomFeed(RoomFeed&& other) noexcept = default;
    /// Likewise.
    RoomFeed& operator=(RoomFeed&& other) noexcept = default;
    ~RoomFeed() = default;

    /// The next changes; waits until there are any. The first call without a cursor returns at
    /// once, even if there is no such room.
    /// @par Cancellation
    /// A call that is cancelled or fails loses nothing: the next one gives the same changes. See
    /// `RoomWatch::next` on how to limit the time.
    /// @par Errors
    /// Those of `list_changes` and `RoomWatch::next`.
    asio::awaitable<RoomChanges> next();

    /// Where the feed stands: after the changes that `next` has returned. To go on later from here,
    /// give it to another feed.
    const std::optional<RoomCursor>& cursor() const noexcept { return cursor_; }

private:
    ConversationStore* store_;
    std::string room_id_;
    std::optional<RoomCursor> cursor_;
    FeedOptions options_;
    std::shared_ptr<RoomWatch> watch_;
    /// The first index of the room at the last read.
    std::optional<std::int64_t> first_index_;
    /// There may be changes that were not read.
    bool dirty_ = true;
};

}  // namespace roomstore
