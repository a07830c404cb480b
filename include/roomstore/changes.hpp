#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "roomstore/model/await_guard.hpp"
#include "roomstore/model/event.hpp"
#include "roomstore/model/room.hpp"

namespace roomstore {

/// A position in the changes of one room: a reader that holds it has seen everything up to here.
/// Comes from `list_changes`, and goes back to it in `ChangesQuery::since`.
///
/// A plain value. It stays valid until the room is deleted, the backend has forgotten the changes
/// that follow it (`Limits::change_history`), or `reset_cursors` was called.
/// `list_changes` recognises a cursor that is no longer valid: see `RoomChanges::reset`.
/// @ingroup changes
struct RoomCursor {
    /// Identifies the room, the time since it was created, and the last call of `reset_cursors`: a
    /// hash that only the store can interpret. 0: the room did not exist.
    std::uint64_t room = 0;
    /// Events at this index and above have not been seen.
    std::int64_t next_index = 0;
    /// Updates, deletions and late imports with a higher revision have not been seen.
    std::int64_t revision = 0;
    /// The reader holds no events below this index, and is told no changes of them.
    std::int64_t from_index = 0;

    /// The cursor of a reader that has also read the events from `index` up to `from_index`, by
    /// `list_events`. Call `list_changes` with the result before reading further: changes that
    /// happened in between are then told.
    /// @returns a copy whose `from_index` is at most `index`
    RoomCursor extended_to(std::int64_t index) const {
        RoomCursor extended = *this;
        if (index < extended.from_index) extended.from_index = index;
        return extended;
    }

    /// Equal in every field.
    bool operator==(const RoomCursor&) const = default;
};

/// The cursor as a short text of letters, digits and hyphens, for clients to keep.
/// @ingroup changes
std::string to_string(const RoomCursor& cursor);

/// The cursor that `to_string` has written as `text`.
/// @throws Error invalid_argument, if `to_string` does not write this text for any cursor.
/// @ingroup changes
RoomCursor parse_room_cursor(std::string_view text);

/// Where `list_changes` begins without a cursor.
/// @ingroup changes
enum class Start {
    /// At the first event of the room.
    oldest,
    /// With the last `limit` events. Earlier events are not told, nor changes of them.
    newest,
};

/// Arguments of `list_changes`.
/// @ingroup changes
struct ChangesQuery {
    /// The cursor of an earlier answer for the same room. Without one, the answer begins anew.
    std::optional<RoomCursor> since{};
    /// Maximum number of updates and deletions, and of new events: 1 .. `Limits::max_page_rows`.
    std::int64_t limit = 100;
    /// Where to begin without a cursor, and if the cursor is not valid any more.
    Start start = Start::oldest;
};

/// An event that was deleted.
/// @ingroup changes
struct DeletedEvent {
    /// Its id.
    std::string id{};
    /// Its index.
    std::int64_t index = 0;
    ROOMSTORE_AWAIT_GUARD;

    /// Equal in every field.
    bool operator==(const DeletedEvent&) const = default;
};

/// What has changed in a room since a cursor.
///
/// To keep a copy of the room's events, hold them in a map by index. On each answer, in this order:
/// clear the map if `reset`; erase what lies below `first_index`; erase `deleted`; insert or
/// replace `updated`, then `added`. After an answer without `more`, the map holds the events of the
/// room from `RoomCursor::from_index` on.
/// @ingroup changes
struct RoomChanges {
    /// Whether there is such a room. If not, all lists are empty.
    bool exists = false;
    /// The cursor is not valid any more: discard all events that were read with it. The answer is
    /// that of a call without a cursor.
    bool reset = false;
    /// Not everything fitted: call again with `cursor`.
    bool more = false;
    /// No event lies below this index (`trim_room`).
    std::int64_t first_index = 0;
    /// The room, if `update_room` or `patch_room_metadata` has changed it, or the call had no valid
    /// cursor. Its counters are those at the time of the call.
    std::optional<Room> room{};
    /// New events, in their present state, in ascending index order.
    std::vector<RoomEvent> added{};
    /// Events that were updated or imported at indexes between `RoomCursor::from_index` and
    /// `RoomCursor::next_index`: their present state, each once, ordered by their latest change.
    std::vector<RoomEvent> updated{};
    /// Events of that range that were deleted, ordered likewise. None is in `updated`.
    std::vector<DeletedEvent> deleted{};
    /// For the next call.
    RoomCursor cursor{};
    ROOMSTORE_AWAIT_GUARD;
};

}  // namespace roomstore
