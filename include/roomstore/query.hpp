#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "roomstore/model/await_guard.hpp"
#include "roomstore/model/binding.hpp"
#include "roomstore/model/enums.hpp"
#include "roomstore/model/json_conversions.hpp"
#include "roomstore/model/json_value.hpp"
#include "roomstore/model/open_enum.hpp"
#include "roomstore/model/participant.hpp"
#include "roomstore/model/room.hpp"
#include "roomstore/model/timestamp.hpp"

namespace roomstore {

struct Page;
struct RoomFilter;
struct LatestRoomFilter;
struct ChannelLookup;
struct EventFilter;
struct EventQuery;
struct ConversationQuery;
struct TimelineQuery;
struct AppendOptions;
struct RoomContext;

namespace detail {
template <>
inline constexpr std::string_view model_name<Page> = "Page";
template <>
inline constexpr std::string_view model_name<RoomFilter> = "RoomFilter";
template <>
inline constexpr std::string_view model_name<LatestRoomFilter> = "LatestRoomFilter";
template <>
inline constexpr std::string_view model_name<ChannelLookup> = "ChannelLookup";
template <>
inline constexpr std::string_view model_name<EventFilter> = "EventFilter";
template <>
inline constexpr std::string_view model_name<EventQuery> = "EventQuery";
template <>
inline constexpr std::string_view model_name<ConversationQuery> = "ConversationQuery";
template <>
inline constexpr std::string_view model_name<TimelineQuery> = "TimelineQuery";
template <>
inline constexpr std::string_view model_name<AppendOptions> = "AppendOptions";
template <>
inline constexpr std::string_view model_name<RoomContext> = "RoomContext";
}  // namespace detail

/// A position in the order of lists of rooms, (`created_at`, `id`). Owns no memory, so that a
/// `Page` can be written in the call.
/// @ingroup rooms
class RoomPageCursor {
public:
    /// The position of a room with this time and id, whether or not it exists.
    /// @throws Error invalid_argument, if `id` has more than 255 bytes.
    RoomPageCursor(Timestamp created_at, std::string_view id);
    /// The position of `room`: that of the last room of a page, for the next page.
    /// @throws Error invalid_argument, as above.
    explicit RoomPageCursor(const Room& room) : RoomPageCursor(room.created_at, room.id) {}

    /// `Room::created_at`.
    Timestamp created_at() const noexcept { return created_at_; }
    /// `Room::id`; valid as long as the cursor.
    std::string_view id() const noexcept { return {id_.data(), size_}; }

    /// Equal time and id.
    bool operator==(const RoomPageCursor& other) const noexcept {
        return created_at_ == other.created_at_ && id() == other.id();
    }

private:
    Timestamp created_at_;
    std::array<char, 255> id_{};
    std::uint8_t size_ = 0;
};

/// Position and limit of a page. A value out of bounds is `invalid_argument`; a `limit` of 0 gives
/// an empty page.
/// @ingroup rooms
struct Page {
    /// Number of rows to skip, >= 0. Like `limit`, it counts only rows that can be read, so that
    /// pages whose offset grows by the limit neither repeat nor skip a row.
    std::int64_t offset = 0;
    /// Maximum number of rows, 0 .. `Limits::max_page_rows`.
    std::int64_t limit = 50;
    /// Only rooms that follow this one, `list_rooms` and `find_rooms` only. Every page then costs
    /// what the first costs, while an offset costs more the larger it is. Cannot be combined with
    /// an offset.
    std::optional<RoomPageCursor> after{};
};

/// Conditions of `find_rooms`; all conditions that are present must hold.
/// @ingroup rooms
struct RoomFilter {
    /// Exactly this organization, 1 to 255 bytes.
    std::optional<std::string> organization_id{};
    /// Exactly this status.
    std::optional<RoomStatus> status{};
    /// A JSON object that the room's metadata must contain, as PostgreSQL's `@>` does (manual,
    /// section 8.14.3): nested objects and arrays match as subsets; a missing key never matches
    /// null.
    std::optional<Json> metadata{};
    /// Only rooms that have it as a participant, in any status, or as the `participant_id` of a
    /// binding, 1 to 255 bytes.
    std::optional<std::string> participant_id{};
    ROOMSTORE_AWAIT_GUARD;
};

/// Conditions of `find_latest_room`.
/// @ingroup rooms
struct LatestRoomFilter {
    /// Restricts matches by the `participant_id` of a binding to bindings of this channel type.
    /// Does not affect matches by a participant.
    std::optional<ChannelType> channel_type{};
    /// Exactly this status.
    std::optional<RoomStatus> status{};
    ROOMSTORE_AWAIT_GUARD;
};

/// Conditions and limit of `find_room_ids_by_channel`.
/// @ingroup rooms
struct ChannelLookup {
    /// Only rooms in this status.
    std::optional<RoomStatus> status{};
    /// Maximum number of rooms, 0 .. `Limits::max_page_rows`. The default of 2 is enough to
    /// distinguish one room from several.
    std::int64_t limit = 2;
};

/// What `advance_delivered_index` does if indexes between the current and the new position have not
/// been delivered.
/// @ingroup rooms
enum class Gap {
    /// Advance only from `index - 1`.
    refuse,
    /// Skip these indexes.
    skip,
};

/// What `delete_event` does with the direct replies to the event.
/// @ingroup events
enum class Replies {
    /// Deletes them too: the default.
    cascade,
    /// Keeps them; their `parent_event_id` still names the deleted event.
    keep,
};

/// Conditions on events; all conditions that are present must hold.
/// @ingroup events
struct EventFilter {
    /// Only these types; an empty list matches nothing.
    std::optional<std::vector<EventType>> event_types{};
    /// None of these types; takes precedence over `event_types`.
    std::optional<std::vector<EventType>> exclude_types{};
    /// Only these values of `RoomEvent::status`; an empty list matches nothing.
    std::optional<std::vector<EventStatus>> statuses{};
    /// None of these values; takes precedence over `statuses`. Without blocked events:
    /// `filter.exclude_statuses = {EventStatus::blocked};`.
    std::optional<std::vector<EventStatus>> exclude_statuses{};
    /// Exactly this value.
    std::optional<std::string> visibility{};
    /// Exactly this `EventSource::channel_id`, 1 to 255 bytes.
    std::optional<std::string> source_channel_id{};
    /// Exactly this `EventSource::channel_type`.
    std::optional<ChannelType> source_channel_type{};
    /// Exactly this value, 1 to 255 bytes.
    std::optional<std::string> correlation_id{};
    /// Exactly this `EventSource::participant_id`, 1 to 255 bytes.
    std::optional<std::string> participant_id{};
    /// Only direct replies to this event, 1 to 255 bytes. Cannot be combined with `top_level_only`.
    std::optional<std::string> parent_event_id{};
    /// Only events without a `parent_event_id`.
    bool top_level_only = false;
    /// Only events with a `created_at` after this time, which must be earlier than `before_time`.
    /// @par Cost
    /// Events are ordered by index. Where `created_at` ascends with the index, the store bisects:
    /// the cost grows with the logarithm of the room's size. Otherwise the store also examines the
    /// events whose times differ from the bounds by up to twice the room's disorder: the most by
    /// which the `created_at` of an event lies below that of an event at a lower index. One event
    /// that is off by a year makes it a year for as long as the room exists; imports in other than
    /// ascending order may raise it somewhat further. If the other conditions match few events, the
    /// whole range between the bounds is examined, at 0.3 to 1.5 us an event in PostgreSQL.
    ///
    /// In PostgreSQL, the disorder is not known for rooms that are older than version 2 of the
    /// schema, nor for those to which version 0.1 has appended since: there, events are examined
    /// from one end of the room until the page is full.
    std::optional<Timestamp> after_time{};
    /// Only events with a `created_at` before this time. Costs what `after_time` does.
    std::optional<Timestamp> before_time{};
    ROOMSTORE_AWAIT_GUARD;
};

/// Page and conditions of `list_events`. Every page is in ascending index order.
/// @ingroup events
struct EventQuery {
    /// Number of events to skip, >= 0, starting from the oldest, or from the newest with
    /// `newest_first`. Like `limit`, it counts only events that can be read, so that pages whose
    /// offset grows by the limit neither repeat nor skip an event. Ignored with a cursor.
    std::int64_t offset = 0;
    /// Maximum number of events, 0 .. `Limits::max_page_rows`.
    std::int64_t limit = 50;
    /// Cursor, >= 0: the first `limit` events with a greater index. Cannot be combined with
    /// `before_index`.
    std::optional<std::int64_t> after_index{};
    /// Cursor, >= 0: the last `limit` events with a smaller index.
    std::optional<std::int64_t> before_index{};
    /// The last page instead of the first. Ignored with a cursor.
    bool newest_first = false;
    /// Applied before offset and limit.
    EventFilter filter = EventFilter();
};

/// Page of `get_conversation`.
/// @ingroup events
struct ConversationQuery {
    /// Maximum number of messages, 0 .. `Limits::max_page_rows`.
    std::int64_t limit = 50;
    /// Cursor, >= 0: the first `limit` messages with a greater index. Without a cursor, the newest
    /// messages. Cannot be combined with `before_index`.
    std::optional<std::int64_t> after_index{};
    /// Cursor, >= 0: the last `limit` messages with a smaller index.
    std::optional<std::int64_t> before_index{};
};

/// Page and conditions of `get_timeline`.
/// @ingroup events
struct TimelineQuery {
    /// Applied before the limit.
    EventFilter filter = EventFilter();
    /// Maximum number of events, 0 .. `Limits::max_page_rows`.
    std::int64_t limit = 100;
    /// Cursor, >= 0: the first `limit` events with a greater index. Cannot be combined with
    /// `before_index`.
    std::optional<std::int64_t> after_index{};
    /// The last page instead of the first. Ignored with a cursor.
    bool newest_first = false;
    /// Cursor, >= 0: the last `limit` events with a smaller index.
    std::optional<std::int64_t> before_index{};
};

/// Conditions of `append_events`.
/// @ingroup events
struct AppendOptions {
    /// The index that the first event must get, >= 0; if its index would be another one, the call
    /// fails with `conflict` and nothing is written. Absent: any index.
    std::optional<std::int64_t> expected_next_index{};
};

/// A room with its bindings and participants; everything is empty for an unknown room.
/// @ingroup rooms
struct RoomContext {
    /// The room, or `nullopt`.
    std::optional<Room> room{};
    /// Ordered by (`attached_at`, `channel_id`).
    std::vector<ChannelBinding> bindings{};
    /// Ordered by (`joined_at`, `id`).
    std::vector<Participant> participants{};
    ROOMSTORE_AWAIT_GUARD;
};

/// Bounds on the data that a store accepts and remembers; the same in every backend.
/// @ingroup stores
struct Limits {
    /// Default of `max_event_bytes`: 1 MiB.
    static constexpr std::size_t default_max_event_bytes = std::size_t{1} << 20;
    /// Upper bound of `max_event_bytes`: 64 MiB.
    static constexpr std::size_t highest_max_event_bytes = std::size_t{64} << 20;
    /// Default of `max_page_rows`: 10 000.
    static constexpr std::int64_t default_max_page_rows = 10'000;
    /// Upper bound of `max_page_rows`: 1 000 000.
    static constexpr std::int64_t highest_max_page_rows = 1'000'000;
    /// Default of `max_batch_events`: 4096.
    static constexpr std::size_t default_max_batch_events = 4096;
    /// Upper bound of `max_batch_events`: 100 000.
    static constexpr std::size_t highest_max_batch_events = 100'000;
    /// Default of `max_batch_bytes`: 64 MiB.
    static constexpr std::size_t default_max_batch_bytes = std::size_t{64} << 20;
    /// Upper bound of `max_batch_bytes`: 128 MiB. PostgreSQL takes no message above 1 GiB, and JSON
    /// writes a control character as six bytes.
    static constexpr std::size_t highest_max_batch_bytes = std::size_t{128} << 20;
    /// Default of `change_history`: 10 000.
    static constexpr std::int64_t default_change_history = 10'000;
    /// Upper bound of `change_history`: 1 000 000 000.
    static constexpr std::int64_t highest_change_history = 1'000'000'000;

    /// Maximum size in bytes of an event and of every other row, 1 .. 64 MiB. The size is the sum
    /// of the bytes of all texts, JSON strings and keys, plus 8 for every JSON value, content and
    /// element of a list or map.
    std::size_t max_event_bytes = default_max_event_bytes;
    /// Maximum of every `limit`, 1 .. 1 000 000 rows. The default limits (2, 50 and 100) count too:
    /// with a smaller value here, a call must give its limit. Lists without a page are not bounded.
    std::int64_t max_page_rows = default_max_page_rows;
    /// Maximum number of events of one `append_events`, 1 .. 100 000.
    std::size_t max_batch_events = default_max_batch_events;
    /// Maximum size in bytes of all events of one `append_events`, each counted as for
    /// `max_event_bytes`, 1 byte .. 128 MiB.
    std::size_t max_batch_bytes = default_max_batch_bytes;
    /// Number of changes that each room remembers at least for `list_changes`: the latest update,
    /// deletion or late import of each event. 0 .. 1 000 000 000; 0: all. A reader whose cursor is
    /// older than what is remembered begins anew (`RoomChanges::reset`).
    std::int64_t change_history = default_change_history;
};

}  // namespace roomstore
