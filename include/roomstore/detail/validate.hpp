#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "roomstore/changes.hpp"
#include "roomstore/detail/text_hash.hpp"
#include "roomstore/detail/validate_value.hpp"
#include "roomstore/inbox.hpp"
#include "roomstore/query.hpp"

namespace roomstore::detail {

/// Refuses limits out of bounds. Called when a store is constructed.
inline void validate_limits(const Limits& limits) {
    const auto check = [](const char* name, auto limit, auto highest, int lowest = 1) {
        if (limit >= static_cast<decltype(limit)>(lowest) && limit <= highest) return;
        throw_invalid(FieldPath("Limits").field(name),
                      std::to_string(limit) + ", must be " + std::to_string(lowest) + " to " +
                          std::to_string(highest));
    };
    check("max_event_bytes", limits.max_event_bytes, Limits::highest_max_event_bytes);
    check("max_page_rows", limits.max_page_rows, Limits::highest_max_page_rows);
    check("max_batch_events", limits.max_batch_events, Limits::highest_max_batch_events);
    check("max_batch_bytes", limits.max_batch_bytes, Limits::highest_max_batch_bytes);
    check("change_history", limits.change_history, Limits::highest_change_history, 0);
}

/// Checks the arguments, with one function per operation of `ConversationStore`. Every backend
/// calls it first, and no argument is checked elsewhere, so that all backends refuse the same input
/// with the same text.
///
/// Returns the bytes of the arguments, counted as for `Limits::max_event_bytes`.
///
/// Throws `Error` (invalid_argument) with `<field>: <what>`, the field being a `FieldPath`: a model
/// or query by its type, any other argument by its parameter name.
class Validator {
public:
    explicit Validator(Limits limits = {}) : limits_(limits) {
        validate_limits(limits);
        // Draw the key when the store is constructed, since later calls must not fail because of
        // it.
        hash_key();
    }

    const Limits& limits() const noexcept { return limits_; }

    /// @name Rooms
    /// @{
    std::size_t create_room(const Room& room) const { return row("Room", room); }
    std::size_t get_room(const std::string& room_id) const { return id("room_id", room_id); }
    std::size_t update_room(const Room& room) const { return row("Room", room); }
    std::size_t patch_room_metadata(const std::string& room_id,
                                    const Json& patch,
                                    const std::vector<std::string>& unset) const {
        std::size_t bytes = id("room_id", room_id);
        bytes += sized("patch", patch, rule::object);
        return bytes + value("unset", unset);
    }
    /// A patched room before it is stored: many small patches can make it too large.
    std::size_t patched_room(const Room& room) const { return row("Room", room); }
    std::size_t delete_room(const std::string& room_id) const { return id("room_id", room_id); }
    std::size_t room_exists(const std::string& room_id) const { return id("room_id", room_id); }
    std::size_t list_rooms(const Page& page) const { return page_of_rooms(page); }
    std::size_t find_rooms(const RoomFilter& filter, const Page& page) const {
        const FieldPath path("RoomFilter");
        ValueChecker checker;
        checker.check(path.field("organization_id"), filter.organization_id, rule::id);
        checker.check(path.field("status"), filter.status, rule::any);
        checker.check(path.field("metadata"), filter.metadata, rule::object);
        checker.check(path.field("participant_id"), filter.participant_id, rule::id);
        bound_bytes(path, checker);
        return checker.bytes() + page_of_rooms(page);
    }
    std::size_t find_latest_room(const std::string& participant_id,
                                 const LatestRoomFilter& filter) const {
        const FieldPath path("LatestRoomFilter");
        const auto bytes = id("participant_id", participant_id);
        ValueChecker checker;
        checker.check(path.field("channel_type"), filter.channel_type, rule::any);
        checker.check(path.field("status"), filter.status, rule::any);
        return bytes + checker.bytes();
    }
    std::size_t find_room_id_by_channel(const std::string& channel_id,
                                        const std::optional<RoomStatus>& status) const {
        const auto bytes = id("channel_id", channel_id);
        return bytes + value("status", status);
    }
    std::size_t find_room_ids_by_channel(const std::string& channel_id,
                                         const ChannelLookup& lookup) const {
        const FieldPath path("ChannelLookup");
        const auto bytes = id("channel_id", channel_id);
        value(path.field("status"), lookup.status);
        return bytes + rows(path.field("limit"), lookup.limit);
    }
    std::size_t get_delivered_index(const std::string& room_id) const {
        return id("room_id", room_id);
    }
    std::size_t advance_delivered_index(const std::string& room_id,
                                        std::int64_t index,
                                        Gap gap) const {
        const auto bytes = id("room_id", room_id);
        value("index", index, rule::index);
        if (gap != Gap::refuse && gap != Gap::skip)
            throw_invalid(FieldPath("gap"), "not a value of Gap");
        return bytes;
    }
    std::size_t load_room_context(const std::string& room_id) const {
        return id("room_id", room_id);
    }
    std::size_t list_inbox(const InboxQuery& query) const {
        const FieldPath path("InboxQuery");
        ValueChecker checker;
        checker.check(path.field("participant_id"), query.participant_id, rule::id);
        checker.check(path.field("organization_id"), query.organization_id, rule::id);
        checker.check(path.field("status"), query.status, rule::any);
        if (query.before) {
            const auto before = path.field("before");
            checker.check(
                before.field("last_activity_at"), query.before->last_activity_at, rule::any);
            checker.check(before.field("room_id"), query.before->room_id, rule::id);
        }
        const auto limit = path.field("limit");
        checker.check(limit, query.limit, rule::positive);
        rows(limit, query.limit);
        checker.check(path.field("unread_cap"), query.unread_cap, rule::positive);
        inbox_conditions(checker, path.field("count"), query.count);
        inbox_conditions(checker, path.field("preview"), query.preview);
        return checker.bytes();
    }
    /// @}

    /// @name Events
    /// @{
    /// Does not count `room_id`, which is part of the event.
    std::size_t add_event_auto_index(const std::string& room_id, const RoomEvent& event) const {
        id("room_id", room_id);
        return event_of_room(FieldPath("RoomEvent"), room_id, event);
    }
    /// Does not count `room_id`, which is part of each event.
    std::size_t append_events(const std::string& room_id,
                              const std::vector<RoomEvent>& events,
                              const AppendOptions& options) const {
        id("room_id", room_id);
        value(FieldPath("AppendOptions").field("expected_next_index"),
              options.expected_next_index,
              rule::not_negative);
        const FieldPath path("events");
        bound(path, events.size(), "events", "max_batch_events", limits_.max_batch_events);
        std::size_t bytes = 0;
        for (std::size_t i = 0; i < events.size(); ++i) {
            bytes += event_of_room(path.element(i), room_id, events[i]);
        }
        bound(path, bytes, "bytes", "max_batch_bytes", limits_.max_batch_bytes);
        if (events.size() > 1) distinct_events(path, events);
        return bytes;
    }
    std::size_t add_event(const RoomEvent& event) const { return row("RoomEvent", event); }
    std::size_t get_event(const std::string& event_id) const { return id("event_id", event_id); }
    std::size_t get_event(const std::string& room_id, const std::string& event_id) const {
        const auto bytes = id("room_id", room_id);
        return bytes + id("event_id", event_id);
    }
    std::size_t update_event(const RoomEvent& event) const { return row("RoomEvent", event); }
    std::size_t delete_event(const std::string& room_id,
                             const std::string& event_id,
                             Replies replies) const {
        const auto bytes = get_event(room_id, event_id);
        if (replies != Replies::cascade && replies != Replies::keep) {
            throw_invalid(FieldPath("replies"), "not a value of Replies");
        }
        return bytes;
    }
    std::size_t trim_room(const std::string& room_id, std::int64_t before_index) const {
        const auto bytes = id("room_id", room_id);
        value("before_index", before_index, rule::not_negative);
        return bytes;
    }
    std::size_t list_events(const std::string& room_id, const EventQuery& query) const {
        const auto bytes = id("room_id", room_id);
        const FieldPath path("EventQuery");
        ValueChecker checker;
        checker.check(path.field("offset"), query.offset, rule::not_negative);
        rows(path.field("limit"), query.limit);
        checker.check(path.field("after_index"), query.after_index, rule::not_negative);
        checker.check(path.field("before_index"), query.before_index, rule::not_negative);
        if (query.after_index && query.before_index) {
            throw_invalid(path.field("after_index"), "not together with before_index");
        }
        return bytes + filter(query.filter);
    }
    std::size_t get_thread_summaries(const std::string& room_id,
                                     const std::vector<std::string>& root_event_ids,
                                     const EventFilter& filter) const {
        std::size_t bytes = id("room_id", room_id);
        bytes += value("root_event_ids", root_event_ids, rule::id);
        return bytes + this->filter(filter);
    }
    std::size_t check_idempotency(const std::string& room_id, const std::string& key) const {
        const auto bytes = id("room_id", room_id);
        return bytes + value("key", key, rule::idempotency_key);
    }
    std::size_t get_event_by_idempotency_key(const std::string& room_id,
                                             const std::string& key) const {
        const auto bytes = id("room_id", room_id);
        return bytes + value("key", key, rule::idempotency_key);
    }
    std::size_t get_event_count(const std::string& room_id, const EventFilter& filter) const {
        const auto bytes = id("room_id", room_id);
        return bytes + this->filter(filter);
    }
    std::size_t get_context_window(const std::string& room_id, const ContextQuery& query) const {
        const auto bytes = id("room_id", room_id);
        const FieldPath path("ContextQuery");
        const auto most = path.field("max_events");
        value(most, query.max_events, rule::positive);
        rows(most, query.max_events);
        value(path.field("max_tokens"), query.max_tokens, rule::not_negative);
        value(path.field("default_tokens"), query.default_tokens, rule::not_negative);
        return bytes + filter(query.filter);
    }
    /// @}

    /// @name Changes
    /// @{
    std::size_t list_changes(const std::string& room_id, const ChangesQuery& query) const {
        const auto bytes = id("room_id", room_id);
        const FieldPath path("ChangesQuery");
        if (query.since) cursor(path.field("since"), *query.since);
        const auto limit = path.field("limit");
        value(limit, query.limit, rule::positive);
        if (query.start != Start::oldest && query.start != Start::newest) {
            throw_invalid(path.field("start"), "not a value of Start");
        }
        return bytes + rows(limit, query.limit);
    }
    static std::size_t reset_cursors() { return 0; }
    /// @}

    /// @name Bindings
    /// @{
    std::size_t add_binding(const ChannelBinding& binding) const {
        return row("ChannelBinding", binding);
    }
    std::size_t get_binding(const std::string& room_id, const std::string& channel_id) const {
        return room_and_channel(room_id, channel_id);
    }
    std::size_t update_binding(const ChannelBinding& binding) const {
        return row("ChannelBinding", binding);
    }
    std::size_t remove_binding(const std::string& room_id, const std::string& channel_id) const {
        return room_and_channel(room_id, channel_id);
    }
    std::size_t list_bindings(const std::string& room_id, const std::optional<Page>& page) const {
        return room_and_page(room_id, page);
    }
    std::size_t binding_exists(const std::string& room_id, const std::string& channel_id) const {
        return room_and_channel(room_id, channel_id);
    }
    /// @}

    /// @name Participants
    /// @{
    std::size_t add_participant(const Participant& participant) const {
        return participant_row(participant);
    }
    std::size_t get_participant(const std::string& room_id,
                                const std::string& participant_id) const {
        const auto bytes = id("room_id", room_id);
        return bytes + id("participant_id", participant_id);
    }
    std::size_t update_participant(const Participant& participant) const {
        return participant_row(participant);
    }
    std::size_t remove_participant(const std::string& room_id,
                                   const std::string& participant_id) const {
        const auto bytes = id("room_id", room_id);
        return bytes + id("participant_id", participant_id);
    }
    std::size_t list_participants(const std::string& room_id,
                                  const std::optional<Page>& page) const {
        return room_and_page(room_id, page);
    }
    /// @}

    /// @name Identities
    /// @{
    std::size_t create_identity(const Identity& identity) const {
        return row("Identity", identity);
    }
    std::size_t get_identity(const std::string& identity_id) const {
        return id("identity_id", identity_id);
    }
    std::size_t resolve_identity(const ChannelType& channel_type,
                                 const std::string& address,
                                 const std::optional<std::string>& organization_id) const {
        std::size_t bytes = value("channel_type", channel_type);
        bytes += value("address", address, rule::address);
        return bytes + value("organization_id", organization_id, rule::id);
    }
    std::size_t link_address(const std::string& identity_id,
                             const ChannelType& channel_type,
                             const std::string& address,
                             const std::optional<std::string>& organization_id) const {
        const auto bytes = id("identity_id", identity_id);
        return bytes + resolve_identity(channel_type, address, organization_id);
    }
    /// @}

    /// @name Tasks
    /// @{
    std::size_t add_task(const Task& task) const { return row("Task", task); }
    std::size_t get_task(const std::string& task_id) const { return id("task_id", task_id); }
    std::size_t list_tasks(const std::string& room_id,
                           const std::optional<TaskStatus>& status,
                           const std::optional<Page>& page) const {
        const auto bytes = id("room_id", room_id);
        value("status", status);
        if (page) this->page(*page);
        return bytes;
    }
    std::size_t update_task(const Task& task) const { return row("Task", task); }
    /// @}

    /// @name Observations
    /// @{
    std::size_t add_observation(const Observation& observation) const {
        return row("Observation", observation);
    }
    std::size_t list_observations(const std::string& room_id,
                                  const std::optional<Page>& page) const {
        return room_and_page(room_id, page);
    }
    /// @}

    /// @name Read markers
    /// @{
    std::size_t mark_read(const std::string& room_id,
                          const std::string& channel_id,
                          const std::string& event_id) const {
        const auto bytes = room_and_channel(room_id, channel_id);
        return bytes + id("event_id", event_id);
    }
    std::size_t mark_all_read(const std::string& room_id, const std::string& channel_id) const {
        return room_and_channel(room_id, channel_id);
    }
    std::size_t mark_unread_from(const std::string& room_id,
                                 const std::string& channel_id,
                                 std::int64_t index) const {
        const auto bytes = room_and_channel(room_id, channel_id);
        return bytes + value("index", index, rule::not_negative);
    }
    std::size_t get_unread_count(const std::string& room_id,
                                 const std::string& channel_id,
                                 const UnreadQuery& query) const {
        const auto bytes = room_and_channel(room_id, channel_id);
        const FieldPath path("UnreadQuery");
        ValueChecker checker;
        checker.check(path.field("cap"), query.cap, rule::positive);
        checker.check(path.field("event_types"), query.event_types, rule::any);
        checker.check(path.field("exclude_types"), query.exclude_types, rule::any);
        checker.check(path.field("exclude_participant"), query.exclude_participant, rule::id);
        return bytes + checker.bytes();
    }
    std::size_t get_unread_counts(const std::string& channel_id,
                                  const std::vector<std::string>& room_ids) const {
        const auto bytes = id("channel_id", channel_id);
        return bytes + value("room_ids", room_ids, rule::id);
    }
    std::size_t get_unread_total(const std::string& participant_id,
                                 const UnreadTotalQuery& query) const {
        const auto bytes = id("participant_id", participant_id);
        return bytes + value(FieldPath("UnreadTotalQuery").field("cap"), query.cap, rule::positive);
    }
    std::size_t list_read_markers(const std::string& room_id) const {
        return id("room_id", room_id);
    }
    /// @}

private:
    template <typename T, typename Rule = rule::Any>
    static std::size_t value(const FieldPath& path, const T& value, const Rule& rule = {}) {
        ValueChecker checker;
        checker.check(path, value, rule);
        return checker.bytes();
    }
    template <typename T, typename Rule = rule::Any>
    static std::size_t value(const char* parameter, const T& argument, const Rule& rule = {}) {
        return value(FieldPath(parameter), argument, rule);
    }

    static std::size_t id(const char* parameter, const std::string& argument) {
        return value(parameter, argument, rule::id);
    }

    static std::size_t room_and_channel(const std::string& room_id, const std::string& channel_id) {
        const auto bytes = id("room_id", room_id);
        return bytes + id("channel_id", channel_id);
    }

    std::size_t room_and_page(const std::string& room_id, const std::optional<Page>& page) const {
        const auto bytes = id("room_id", room_id);
        return page ? bytes + this->page(*page) : bytes;
    }

    /// A page of another list than that of rooms.
    std::size_t page(const Page& page) const {
        if (page.after) throw_invalid(FieldPath("Page").field("after"), "only for lists of rooms");
        return page_of_rooms(page);
    }

    std::size_t page_of_rooms(const Page& page) const {
        const FieldPath path("Page");
        value(path.field("offset"), page.offset, rule::not_negative);
        auto bytes = rows(path.field("limit"), page.limit);
        if (!page.after) return bytes;
        const auto after = path.field("after");
        if (page.offset != 0) throw_invalid(after, "not together with offset");
        value(after.field("created_at"), page.after->created_at());
        return bytes + value(after.field("id"), std::string(page.after->id()), rule::id);
    }

    template <typename Conditions>
    static void inbox_conditions(ValueChecker& checker,
                                 const FieldPath& path,
                                 const Conditions& conditions) {
        checker.check(path.field("event_types"), conditions.event_types, rule::any);
        checker.check(path.field("exclude_types"), conditions.exclude_types, rule::any);
        checker.check(path.field("visibility"), conditions.visibility, rule::any);
        checker.check(path.field("exclude_statuses"), conditions.exclude_statuses, rule::any);
    }

    std::size_t rows(const FieldPath& path, std::int64_t limit) const {
        const auto bytes = value(path, limit, rule::not_negative);
        bound(path, limit, "rows", "max_page_rows", limits_.max_page_rows);
        return bytes;
    }

    static void cursor(const FieldPath& path, const RoomCursor& cursor) {
        value(path.field("next_index"), cursor.next_index, rule::not_negative);
        value(path.field("revision"), cursor.revision, rule::not_negative);
        value(path.field("from_index"), cursor.from_index, rule::not_negative);
        if (cursor.from_index > cursor.next_index) {
            throw_invalid(path.field("from_index"), "must not be above next_index");
        }
    }

    static std::size_t filter(const EventFilter& filter) {
        const FieldPath path("EventFilter");
        ValueChecker checker;
        checker.check(path.field("event_types"), filter.event_types, rule::any);
        checker.check(path.field("exclude_types"), filter.exclude_types, rule::any);
        checker.check(path.field("statuses"), filter.statuses, rule::any);
        checker.check(path.field("exclude_statuses"), filter.exclude_statuses, rule::any);
        checker.check(path.field("visibility"), filter.visibility, rule::any);
        checker.check(path.field("source_channel_id"), filter.source_channel_id, rule::id);
        checker.check(path.field("source_channel_type"), filter.source_channel_type, rule::any);
        checker.check(path.field("correlation_id"), filter.correlation_id, rule::id);
        checker.check(path.field("participant_id"), filter.participant_id, rule::id);
        checker.check(path.field("parent_event_id"), filter.parent_event_id, rule::id);
        if (filter.top_level_only && filter.parent_event_id) {
            throw_invalid(path.field("top_level_only"), "not together with parent_event_id");
        }
        checker.check(path.field("after_time"), filter.after_time, rule::any);
        checker.check(path.field("before_time"), filter.before_time, rule::any);
        if (filter.after_time && filter.before_time && *filter.after_time >= *filter.before_time) {
            throw_invalid(path.field("after_time"), "must be earlier than before_time");
        }
        return checker.bytes();
    }

    template <typename T, typename Rule>
    std::size_t sized(const FieldPath& path, const T& value, const Rule& rule) const {
        ValueChecker checker;
        checker.check(path, value, rule);
        bound_bytes(path, checker);
        return checker.bytes();
    }
    template <typename T, typename Rule>
    std::size_t sized(const char* name, const T& value, const Rule& rule) const {
        return sized(FieldPath(name), value, rule);
    }

    template <typename Model>
    std::size_t row(const char* type, const Model& model) const {
        return sized(FieldPath(type), model, rule::any);
    }

    void bound_bytes(const FieldPath& path, const ValueChecker& checker) const {
        bound(path, checker.bytes(), "bytes", "max_event_bytes", limits_.max_event_bytes);
    }

    template <typename Number>
    static void bound(const FieldPath& path,
                      Number number,
                      std::string_view unit,
                      std::string_view name,
                      Number most) {
        if (number <= most) return;
        std::string text = std::to_string(number);
        text.append(" ").append(unit).append(", more than ").append(name).append(" (");
        throw_invalid(path, text.append(std::to_string(most)).append(")"));
    }

    std::size_t event_of_room(const FieldPath& path,
                              const std::string& room_id,
                              const RoomEvent& event) const {
        const auto bytes = sized(path, event, rule::any);
        if (event.room_id != room_id) throw_invalid(path.field("room_id"), "differs from room_id");
        return bytes;
    }

    static void distinct_events(const FieldPath& path, const std::vector<RoomEvent>& events) {
        TextViewSet ids;
        TextViewSet keys;
        ids.reserve(events.size());
        for (std::size_t i = 0; i < events.size(); ++i) {
            const RoomEvent& event = events[i];
            if (!ids.insert(event.id).second)
                throw_invalid(path.element(i).field("id"), "given twice");
            const auto& key = event.idempotency_key;
            if (key && !key->empty() && !keys.insert(*key).second) {
                throw_invalid(path.element(i).field("idempotency_key"), "given twice");
            }
        }
    }

    /// The store adds `channel_id` to `connected_via`, and the resulting row must still be within
    /// the limit when the caller passes it back.
    std::size_t participant_row(const Participant& participant) const {
        const FieldPath path("Participant");
        ValueChecker checker;
        checker.check(path, participant, rule::any);
        const auto& via = participant.connected_via;
        if (std::find(via.begin(), via.end(), participant.channel_id) == via.end()) {
            checker.check(
                path.field("connected_via"), std::vector{participant.channel_id}, rule::id);
        }
        bound_bytes(path, checker);
        return checker.bytes();
    }

    Limits limits_;
};

}  // namespace roomstore::detail
