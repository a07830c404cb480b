#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "roomstore/model/await_guard.hpp"
#include "roomstore/model/enums.hpp"
#include "roomstore/model/event.hpp"
#include "roomstore/model/open_enum.hpp"
#include "roomstore/model/participant.hpp"
#include "roomstore/model/room.hpp"
#include "roomstore/model/timestamp.hpp"
#include "roomstore/query.hpp"

namespace roomstore {

/// A position in the order of `list_inbox`: the last room of a page.
/// @ingroup inbox
struct InboxCursor {
    /// `RoomTimers::last_activity_at` of that room, at the time of the call.
    std::optional<Timestamp> last_activity_at{};
    /// Its id, 1 to 255 bytes.
    std::string room_id{};
    ROOMSTORE_AWAIT_GUARD;

    /// Equal in every field.
    bool operator==(const InboxCursor&) const = default;
};

/// The cursor as a short text of letters, digits and hyphens, for clients to keep. It contains the
/// id of the room.
/// @ingroup inbox
std::string to_string(const InboxCursor& cursor);

/// The cursor that `to_string` has written as `text`.
/// @throws Error invalid_argument, if `to_string` does not write this text for any cursor.
/// @ingroup inbox
InboxCursor parse_inbox_cursor(std::string_view text);

/// Which of the events above the read marker count as unread; all conditions must hold.
/// @ingroup inbox
struct InboxCount {
    /// Only these types; an empty list matches nothing.
    std::optional<std::vector<EventType>> event_types{};
    /// None of these types; takes precedence over `event_types`.
    std::optional<std::vector<EventType>> exclude_types{};
    /// Exactly this value.
    std::optional<std::string> visibility{};
    /// None of these values of `RoomEvent::status`.
    std::optional<std::vector<EventStatus>> exclude_statuses{};
    /// Whether events whose `EventSource::participant_id` is that of the reader count too.
    bool own = false;
    ROOMSTORE_AWAIT_GUARD;
};

/// Which event is shown as the last one of a room; all conditions must hold.
/// @ingroup inbox
struct InboxPreview {
    /// Only these types; an empty list matches nothing.
    std::optional<std::vector<EventType>> event_types{};
    /// None of these types; takes precedence over `event_types`.
    std::optional<std::vector<EventType>> exclude_types{};
    /// Exactly this value.
    std::optional<std::string> visibility{};
    /// None of these values of `RoomEvent::status`.
    std::optional<std::vector<EventStatus>> exclude_statuses{};
    ROOMSTORE_AWAIT_GUARD;
};

/// Arguments of `list_inbox`.
/// @ingroup inbox
struct InboxQuery {
    /// The reader, 1 to 255 bytes.
    std::string participant_id{};
    /// Only rooms of exactly this organization, 1 to 255 bytes.
    std::optional<std::string> organization_id{};
    /// Only rooms in exactly this status.
    std::optional<RoomStatus> status{};
    /// Also rooms in which the status of the participant is `left` or `banned`.
    bool include_left = false;
    /// Only rooms that follow this position: `InboxPage::next` of the page before.
    std::optional<InboxCursor> before{};
    /// Maximum number of rooms, 1 .. `Limits::max_page_rows`.
    std::int64_t limit = 50;
    /// The highest number of unread events that is told, >= 1.
    std::int64_t unread_cap = 100;
    /// Which events count as unread.
    InboxCount count = InboxCount();
    /// Which event is the last one.
    InboxPreview preview = InboxPreview();
    ROOMSTORE_AWAIT_GUARD;
};

/// One room of an inbox.
/// @ingroup inbox
struct InboxEntry {
    /// The room.
    Room room = Room();
    /// The reader as a participant of the room; absent where only a binding connects them.
    std::optional<Participant> participant{};
    /// The channel whose read marker counts: that of the participant, otherwise the smallest by
    /// bytes of the reader's bindings.
    std::string channel_id{};
    /// The read marker of that channel; -1 if there is none.
    std::int64_t last_read_index = -1;
    /// Number of events above the marker that `InboxQuery::count` accepts, at most
    /// `InboxQuery::unread_cap`. Without any condition (`InboxCount::own` is true and nothing else
    /// is set), all events count. Otherwise, only the newest 1000 above the marker are examined.
    std::int64_t unread = 0;
    /// Whether there are, or may be, more than `unread`: more than `InboxQuery::unread_cap`, or
    /// more events above the marker than are examined.
    bool unread_capped = false;
    /// The newest event that `InboxQuery::preview` accepts among the newest 200 of the room.
    std::optional<RoomEvent> last_event{};
    ROOMSTORE_AWAIT_GUARD;

    /// Equal in every field.
    bool operator==(const InboxEntry&) const = default;
};

/// A page of `list_inbox`.
/// @ingroup inbox
struct InboxPage {
    /// Ordered by `RoomTimers::last_activity_at`, the latest first and absent ones last, then by
    /// room id.
    std::vector<InboxEntry> entries{};
    /// For the next page; absent if this is the last one.
    std::optional<InboxCursor> next{};
    ROOMSTORE_AWAIT_GUARD;
};

/// Conditions of `get_unread_count`; all conditions that are present must hold.
/// @ingroup read_markers
struct UnreadQuery {
    /// The highest number that is told, >= 1: counting stops there. Absent: no bound.
    std::optional<std::int64_t> cap{};
    /// Only these types; an empty list matches nothing.
    std::optional<std::vector<EventType>> event_types{};
    /// None of these types; takes precedence over `event_types`.
    std::optional<std::vector<EventType>> exclude_types{};
    /// Not events whose `EventSource::participant_id` is this one, 1 to 255 bytes.
    std::optional<std::string> exclude_participant{};
    ROOMSTORE_AWAIT_GUARD;
};

/// Arguments of `get_unread_total`.
/// @ingroup read_markers
struct UnreadTotalQuery {
    /// The highest number that is told, >= 1. Absent: no bound.
    std::optional<std::int64_t> cap{};
};

/// Budget and conditions of `get_context_window`.
/// @ingroup events
struct ContextQuery {
    /// Maximum number of events, 1 .. `Limits::max_page_rows`.
    std::int64_t max_events = 100;
    /// Maximum sum of `RoomEvent::token_count`, >= 0. Absent: no bound.
    std::optional<std::int64_t> max_tokens{};
    /// What an event without a `token_count` counts, >= 0.
    std::int64_t default_tokens = 0;
    /// Applied before both bounds.
    EventFilter filter = EventFilter();
    ROOMSTORE_AWAIT_GUARD;
};

/// The newest events of a room that fit into a budget.
/// @ingroup events
struct ContextWindow {
    /// In ascending index order, without a gap: every event of the room that matches and is newer
    /// than the first one is there.
    std::vector<RoomEvent> events{};
    /// Matching events below this index were left out, because they did not fit; the newest of them
    /// is next to it. Absent: nothing was left out.
    std::optional<std::int64_t> omitted_before{};
    ROOMSTORE_AWAIT_GUARD;
};

}  // namespace roomstore
