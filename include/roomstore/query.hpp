#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "roomstore/model/await_guard.hpp"
#include "roomstore/model/binding.hpp"
#include "roomstore/model/enums.hpp"
#include "roomstore/model/json_value.hpp"
#include "roomstore/model/open_enum.hpp"
#include "roomstore/model/participant.hpp"
#include "roomstore/model/room.hpp"
#include "roomstore/model/timestamp.hpp"

namespace roomstore {

/// A stretch of a list. A negative value is `invalid_argument`; a `limit` of 0 is an empty page.
/// @ingroup rooms
struct Page {
    /// Rows to leave out, >= 0. Like `limit` it counts only rows that can be read, so that pages
    /// whose offset grows by the limit neither repeat one nor skip one.
    std::int64_t offset = 0;
    /// At most this many rows, >= 0.
    std::int64_t limit = 50;
};

/// Which rooms to find; the conditions that are present must all hold.
/// @ingroup rooms
struct RoomFilter {
    /// Exactly this organization, 1 to 255 bytes.
    std::optional<std::string> organization_id{};
    /// Exactly this status.
    std::optional<RoomStatus> status{};
    /// A JSON object that the room's metadata must contain, as PostgreSQL's `@>` does (manual,
    /// section 8.14.3): nested objects and arrays are subsets, an absent key never matches null.
    std::optional<Json> metadata{};
    ROOMSTORE_AWAIT_GUARD;
};

/// Narrows `find_latest_room`.
/// @ingroup rooms
struct LatestRoomFilter {
    /// Narrows the match by a binding's `participant_id`; not the match by a participant.
    std::optional<ChannelType> channel_type{};
    /// Exactly this status.
    std::optional<RoomStatus> status{};
    ROOMSTORE_AWAIT_GUARD;
};

/// Which rooms a channel lookup returns.
/// @ingroup rooms
struct ChannelLookup {
    /// Only rooms in this status.
    std::optional<RoomStatus> status{};
    /// At most this many rooms, >= 0. The default lets a router tell one room from several.
    std::int64_t limit = 2;
};

/// What `advance_delivered_index` does where indexes between the present one and the new one have
/// not been delivered.
/// @ingroup rooms
enum class Gap {
    /// Advance only from `index - 1`.
    refuse,
    /// Jump over them.
    skip,
};

/// What `delete_event` does with the direct replies of the event.
/// @ingroup events
enum class Replies {
    /// Deletes them too: the default.
    cascade,
    /// Keeps them; they still name the event that is gone.
    keep,
};

/// Which events to list; the conditions that are present must all hold.
/// @ingroup events
struct EventFilter {
    /// Only these types; an empty list matches nothing.
    std::optional<std::vector<EventType>> event_types{};
    /// None of these types; wins over `event_types`.
    std::optional<std::vector<EventType>> exclude_types{};
    /// Exactly this value.
    std::optional<std::string> visibility{};
    /// Exactly this channel of the source, 1 to 255 bytes.
    std::optional<std::string> source_channel_id{};
    /// Exactly this kind of channel of the source.
    std::optional<ChannelType> source_channel_type{};
    /// Exactly this value, 1 to 255 bytes.
    std::optional<std::string> correlation_id{};
    /// Exactly this participant of the source, 1 to 255 bytes.
    std::optional<std::string> participant_id{};
    /// Direct replies to this event, 1 to 255 bytes. Not together with `top_level_only`.
    std::optional<std::string> parent_event_id{};
    /// Only events that reply to nothing.
    bool top_level_only = false;
    /// `created_at` strictly later; must be earlier than `before_time`.
    std::optional<Timestamp> after_time{};
    /// `created_at` strictly earlier.
    std::optional<Timestamp> before_time{};
    ROOMSTORE_AWAIT_GUARD;
};

/// Which page of a room's timeline to list. Every page is in ascending index order.
/// @ingroup events
struct EventQuery {
    /// Events to leave out, >= 0: from the oldest, or from the newest with `newest_first`. Like
    /// `limit` it counts only events that can be read, so that pages whose offset grows by the
    /// limit neither repeat one nor skip one. Ignored with a cursor.
    std::int64_t offset = 0;
    /// At most this many events, >= 0.
    std::int64_t limit = 50;
    /// Cursor, >= 0: the first `limit` events with a greater index. Not together with
    /// `before_index`.
    std::optional<std::int64_t> after_index{};
    /// Cursor, >= 0: the last `limit` events with a smaller index.
    std::optional<std::int64_t> before_index{};
    /// The last page instead of the first. Ignored with a cursor.
    bool newest_first = false;
    /// Applied before offset and limit.
    EventFilter filter = EventFilter();
};

/// What `get_conversation` reads.
/// @ingroup events
struct ConversationQuery {
    /// At most this many messages, >= 0.
    std::int64_t limit = 50;
    /// Absent: the newest messages. Present, >= 0: the first messages after this index.
    std::optional<std::int64_t> after_index{};
};

/// What `get_timeline` reads.
/// @ingroup events
struct TimelineQuery {
    /// Applied before the limit.
    EventFilter filter = EventFilter();
    /// At most this many events, >= 0.
    std::int64_t limit = 100;
    /// Cursor, >= 0: the first `limit` events with a greater index.
    std::optional<std::int64_t> after_index{};
    /// The last page instead of the first. Ignored with a cursor.
    bool newest_first = false;
};

/// Conditions of `append_events`.
/// @ingroup events
struct AppendOptions {
    /// The index the first event must get, >= 0; another one is `conflict`, and nothing is written.
    /// Absent: any.
    std::optional<std::int64_t> expected_next_index{};
};

/// A room with what belongs to it; everything is empty for an unknown room.
/// @ingroup rooms
struct RoomContext {
    /// The room, or nothing.
    std::optional<Room> room{};
    /// Ordered by (`attached_at`, `channel_id`).
    std::vector<ChannelBinding> bindings{};
    /// Ordered by (`joined_at`, `id`).
    std::vector<Participant> participants{};
    ROOMSTORE_AWAIT_GUARD;
};

/// Bounds of what a store accepts; the same in every backend.
/// @ingroup stores
struct Limits {
    /// 1 MiB.
    static constexpr std::size_t default_max_event_bytes = std::size_t{1} << 20;
    /// 64 MiB.
    static constexpr std::size_t highest_max_event_bytes = std::size_t{64} << 20;

    /// Bytes of an event, and of every other row: those of its texts, JSON strings and keys, and 8
    /// more for every JSON value, content and element of a list or map. 1 .. 64 MiB.
    std::size_t max_event_bytes = default_max_event_bytes;
};

}  // namespace roomstore
