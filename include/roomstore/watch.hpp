#pragma once

#include <memory>
#include <string>
#include <vector>

#include <asio/awaitable.hpp>

#include "roomstore/detail/visibility.hpp"
#include "roomstore/model/await_guard.hpp"

namespace roomstore {

namespace detail {
class WatchState;
}  // namespace detail

/// Arguments of `watch_rooms`.
/// @ingroup changes
struct WatchOptions {
    /// The rooms to watch from the beginning, as if given to `RoomWatch::add`.
    std::vector<std::string> rooms{};
    ROOMSTORE_AWAIT_GUARD;
};

/// Says that a room may have changed.
/// @ingroup changes
struct RoomNotice {
    /// The room.
    std::string room_id{};
    ROOMSTORE_AWAIT_GUARD;

    /// Equal in every field.
    bool operator==(const RoomNotice&) const = default;
};

/// Waits until one of a set of rooms may have changed. Made by `ConversationStore::watch_rooms`.
///
/// It says which rooms changed, not what changed: that is read by `list_changes` from a cursor, or
/// with a `RoomFeed`, which combines the two. A notice that comes twice or without a change is
/// therefore harmless.
///
/// A room is reported after its events were appended, imported, updated, deleted or trimmed, and
/// after the room was created, updated, patched or deleted. Read markers, bindings, participants,
/// tasks and observations are not reported.
///
/// @par Guarantee
/// A change that was committed after a room was reported is reported again. How soon depends on the
/// backend, and on whether it was made through the same store. There may be more notices than
/// changes, never fewer.
/// @par Threads
/// All members may be called from any thread at any time.
/// @par Slow consumers
/// A watch holds a set of rooms, not a queue of changes: its size is bounded by the rooms it
/// watches, and changes never wait for it.
/// @ingroup changes
class ROOMSTORE_SHARED RoomWatch {
public:
    /// For backends: see detail/watch_registry.hpp.
    explicit RoomWatch(std::shared_ptr<detail::WatchState> state);
    RoomWatch(const RoomWatch&) = delete;
    RoomWatch& operator=(const RoomWatch&) = delete;
    /// Closes the watch.
    virtual ~RoomWatch();

    /// Watches a room, which need not exist: it is also reported when it is created. It is reported
    /// once right away, so that nothing is missed between reading the room and watching it. No
    /// effect on a room that is watched already.
    /// @throws Error invalid_argument (`room_id` is not 1 to 255 bytes of UTF-8 without NUL),
    ///         closed (the store or the watch is closed).
    void add(std::string room_id);

    /// Stops watching a room. No effect if it is not watched.
    void remove(const std::string& room_id);

    /// The watched rooms, ordered by id. None after the watch has ended.
    std::vector<std::string> rooms() const;

    /// Reports the room once more, if it is watched: for a consumer that was told, and then failed
    /// to read.
    void mark(const std::string& room_id);

    /// Waits until a watched room may have changed since it was last reported, and reports all such
    /// rooms, each once, ordered by id.
    ///
    /// Of several calls at the same time, all but the first fail. The awaitable does not keep the
    /// watch alive.
    /// @par Cancellation
    /// All cancellation types are supported. A call that is cancelled or destroyed reports nothing,
    /// and so loses nothing, and the next call may begin at once. To limit how long a call waits,
    /// cancel it: `next() || timer` discards the rooms that a call reports at the moment when the
    /// timer expires.
    /// @par Errors
    /// `Error`: invalid_argument (another call of `next` waits), closed (the store was closed or
    /// destroyed). `asio::error::operation_aborted`: the call was cancelled, or the watch was
    /// closed or destroyed.
    virtual asio::awaitable<std::vector<RoomNotice>> next();

    /// Ends the watch: a waiting `next()` and all later ones fail with `operation_aborted`. No
    /// effect if it has ended.
    void close() noexcept;

protected:
    /// Shares the rooms and the end of `other`. For decorators, which override `next`.
    explicit RoomWatch(const std::shared_ptr<RoomWatch>& other);

private:
    std::shared_ptr<detail::WatchState> state_;
};

}  // namespace roomstore
