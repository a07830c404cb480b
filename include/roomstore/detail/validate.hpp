#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "roomstore/detail/text_hash.hpp"
#include "roomstore/detail/validate_value.hpp"
#include "roomstore/query.hpp"

namespace roomstore::detail {

/// Refuses limits out of bounds. Called when a store is constructed.
inline void validate_limits(const Limits& limits) {
    const auto check = [](const char* name, auto limit, auto highest) {
        if (limit >= 1 && limit <= highest) return;
        throw_invalid(FieldPath("Limits").field(name),
                      std::to_string(limit) + ", must be 1 to " + std::to_string(highest));
    };
    check("max_event_bytes", limits.max_event_bytes, Limits::highest_max_event_bytes);
    check("max_page_rows", limits.max_page_rows, Limits::highest_max_page_rows);
    check("max_batch_events", limits.max_batch_events, Limits::highest_max_batch_events);
    check("max_batch_bytes", limits.max_batch_bytes, Limits::highest_max_batch_bytes);
}

/// Checks the arguments, with one function per operation of `ConversationStore`. Every backend
/// calls it first, and no argument is checked elsewhere, so that all backends refuse the same input
/// with the same text.
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
    void create_room(const Room& room) const { row("Room", room); }
    void get_room(const std::string& room_id) const { id("room_id", room_id); }
    void update_room(const Room& room) const { row("Room", room); }
    void patch_room_metadata(const std::string& room_id,
                             const Json& patch,
                             const std::vector<std::string>& unset) const {
        id("room_id", room_id);
        sized("patch", patch, rule::object);
        value("unset", unset);
    }
    /// A patched room before it is stored: many small patches can make it too large.
    void patched_room(const Room& room) const { row("Room", room); }
    void delete_room(const std::string& room_id) const { id("room_id", room_id); }
    void room_exists(const std::string& room_id) const { id("room_id", room_id); }
    void list_rooms(const Page& page) const { this->page(page); }
    void find_rooms(const RoomFilter& filter, const Page& page) const {
        const FieldPath path("RoomFilter");
        ValueChecker checker;
        checker.check(path.field("organization_id"), filter.organization_id, rule::id);
        checker.check(path.field("status"), filter.status, rule::any);
        checker.check(path.field("metadata"), filter.metadata, rule::object);
        bound_bytes(path, checker);
        this->page(page);
    }
    void find_latest_room(const std::string& participant_id, const LatestRoomFilter& filter) const {
        const FieldPath path("LatestRoomFilter");
        id("participant_id", participant_id);
        ValueChecker checker;
        checker.check(path.field("channel_type"), filter.channel_type, rule::any);
        checker.check(path.field("status"), filter.status, rule::any);
    }
    void find_room_id_by_channel(const std::string& channel_id,
                                 const std::optional<RoomStatus>& status) const {
        id("channel_id", channel_id);
        value("status", status);
    }
    void find_room_ids_by_channel(const std::string& channel_id,
                                  const ChannelLookup& lookup) const {
        const FieldPath path("ChannelLookup");
        id("channel_id", channel_id);
        ValueChecker checker;
        checker.check(path.field("status"), lookup.status, rule::any);
        rows(path.field("limit"), lookup.limit);
    }
    void get_delivered_index(const std::string& room_id) const { id("room_id", room_id); }
    void advance_delivered_index(const std::string& room_id, std::int64_t index, Gap gap) const {
        id("room_id", room_id);
        value("index", index, rule::index);
        if (gap != Gap::refuse && gap != Gap::skip)
            throw_invalid(FieldPath("gap"), "not a value of Gap");
    }
    void load_room_context(const std::string& room_id) const { id("room_id", room_id); }
    /// @}

    /// @name Events
    /// @{
    /// @returns the bytes of the event, as `Limits::max_event_bytes` counts them.
    std::size_t add_event_auto_index(const std::string& room_id, const RoomEvent& event) const {
        id("room_id", room_id);
        return event_of_room(FieldPath("RoomEvent"), room_id, event);
    }
    /// @returns the bytes of all events.
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
    void add_event(const RoomEvent& event) const { row("RoomEvent", event); }
    void get_event(const std::string& event_id) const { id("event_id", event_id); }
    void get_event(const std::string& room_id, const std::string& event_id) const {
        id("room_id", room_id);
        id("event_id", event_id);
    }
    void update_event(const RoomEvent& event) const { row("RoomEvent", event); }
    void delete_event(const std::string& room_id,
                      const std::string& event_id,
                      Replies replies) const {
        id("room_id", room_id);
        id("event_id", event_id);
        if (replies != Replies::cascade && replies != Replies::keep) {
            throw_invalid(FieldPath("replies"), "not a value of Replies");
        }
    }
    void trim_room(const std::string& room_id, std::int64_t before_index) const {
        id("room_id", room_id);
        value("before_index", before_index, rule::index);
    }
    void list_events(const std::string& room_id, const EventQuery& query) const {
        id("room_id", room_id);
        const FieldPath path("EventQuery");
        ValueChecker checker;
        checker.check(path.field("offset"), query.offset, rule::not_negative);
        rows(path.field("limit"), query.limit);
        checker.check(path.field("after_index"), query.after_index, rule::not_negative);
        checker.check(path.field("before_index"), query.before_index, rule::not_negative);
        if (query.after_index && query.before_index) {
            throw_invalid(path.field("after_index"), "not together with before_index");
        }
        filter(query.filter);
    }
    void get_thread_summaries(const std::string& room_id,
                              const std::vector<std::string>& root_event_ids,
                              const EventFilter& filter) const {
        id("room_id", room_id);
        value("root_event_ids", root_event_ids, rule::id);
        this->filter(filter);
    }
    void check_idempotency(const std::string& room_id, const std::string& key) const {
        id("room_id", room_id);
        value("key", key, rule::idempotency_key);
    }
    void get_event_by_idempotency_key(const std::string& room_id, const std::string& key) const {
        id("room_id", room_id);
        value("key", key, rule::idempotency_key);
    }
    void get_event_count(const std::string& room_id, const EventFilter& filter) const {
        id("room_id", room_id);
        this->filter(filter);
    }
    /// @}

    /// @name Bindings
    /// @{
    void add_binding(const ChannelBinding& binding) const { row("ChannelBinding", binding); }
    void get_binding(const std::string& room_id, const std::string& channel_id) const {
        room_and_channel(room_id, channel_id);
    }
    void update_binding(const ChannelBinding& binding) const { row("ChannelBinding", binding); }
    void remove_binding(const std::string& room_id, const std::string& channel_id) const {
        room_and_channel(room_id, channel_id);
    }
    void list_bindings(const std::string& room_id, const std::optional<Page>& page) const {
        id("room_id", room_id);
        if (page) this->page(*page);
    }
    void binding_exists(const std::string& room_id, const std::string& channel_id) const {
        room_and_channel(room_id, channel_id);
    }
    /// @}

    /// @name Participants
    /// @{
    void add_participant(const Participant& participant) const { participant_row(participant); }
    void get_participant(const std::string& room_id, const std::string& participant_id) const {
        id("room_id", room_id);
        id("participant_id", participant_id);
    }
    void update_participant(const Participant& participant) const { participant_row(participant); }
    void remove_participant(const std::string& room_id, const std::string& participant_id) const {
        id("room_id", room_id);
        id("participant_id", participant_id);
    }
    void list_participants(const std::string& room_id, const std::optional<Page>& page) const {
        id("room_id", room_id);
        if (page) this->page(*page);
    }
    /// @}

    /// @name Identities
    /// @{
    void create_identity(const Identity& identity) const { row("Identity", identity); }
    void get_identity(const std::string& identity_id) const { id("identity_id", identity_id); }
    void resolve_identity(const ChannelType& channel_type,
                          const std::string& address,
                          const std::optional<std::string>& organization_id) const {
        value("channel_type", channel_type);
        value("address", address, rule::address);
        value("organization_id", organization_id, rule::id);
    }
    void link_address(const std::string& identity_id,
                      const ChannelType& channel_type,
                      const std::string& address,
                      const std::optional<std::string>& organization_id) const {
        id("identity_id", identity_id);
        resolve_identity(channel_type, address, organization_id);
    }
    /// @}

    /// @name Tasks
    /// @{
    void add_task(const Task& task) const { row("Task", task); }
    void get_task(const std::string& task_id) const { id("task_id", task_id); }
    void list_tasks(const std::string& room_id,
                    const std::optional<TaskStatus>& status,
                    const std::optional<Page>& page) const {
        id("room_id", room_id);
        value("status", status);
        if (page) this->page(*page);
    }
    void update_task(const Task& task) const { row("Task", task); }
    /// @}

    /// @name Observations
    /// @{
    void add_observation(const Observation& observation) const { row("Observation", observation); }
    void list_observations(const std::string& room_id, const std::optional<Page>& page) const {
        id("room_id", room_id);
        if (page) this->page(*page);
    }
    /// @}

    /// @name Read markers
    /// @{
    void mark_read(const std::string& room_id,
                   const std::string& channel_id,
                   const std::string& event_id) const {
        room_and_channel(room_id, channel_id);
        id("event_id", event_id);
    }
    void mark_all_read(const std::string& room_id, const std::string& channel_id) const {
        room_and_channel(room_id, channel_id);
    }
    void get_unread_count(const std::string& room_id, const std::string& channel_id) const {
        room_and_channel(room_id, channel_id);
    }
    void get_unread_counts(const std::string& channel_id,
                           const std::vector<std::string>& room_ids) const {
        id("channel_id", channel_id);
        value("room_ids", room_ids, rule::id);
    }
    void list_read_markers(const std::string& room_id) const { id("room_id", room_id); }
    /// @}

private:
    template <typename T, typename Rule = rule::Any>
    static void value(const FieldPath& path, const T& value, const Rule& rule = {}) {
        ValueChecker checker;
        checker.check(path, value, rule);
    }
    template <typename T, typename Rule = rule::Any>
    static void value(const char* parameter, const T& argument, const Rule& rule = {}) {
        value(FieldPath(parameter), argument, rule);
    }

    static void id(const char* parameter, const std::string& argument) {
        value(parameter, argument, rule::id);
    }

    static void room_and_channel(const std::string& room_id, const std::string& channel_id) {
        id("room_id", room_id);
        id("channel_id", channel_id);
    }

    void page(const Page& page) const {
        const FieldPath path("Page");
        value(path.field("offset"), page.offset, rule::not_negative);
        rows(path.field("limit"), page.limit);
    }

    void rows(const FieldPath& path, std::int64_t limit) const {
        value(path, limit, rule::not_negative);
        bound(path, limit, "rows", "max_page_rows", limits_.max_page_rows);
    }

    static void filter(const EventFilter& filter) {
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
    }

    template <typename T, typename Rule>
    std::size_t sized(const FieldPath& path, const T& value, const Rule& rule) const {
        ValueChecker checker;
        checker.check(path, value, rule);
        bound_bytes(path, checker);
        return checker.bytes();
    }
    template <typename T, typename Rule>
    void sized(const char* name, const T& value, const Rule& rule) const {
        sized(FieldPath(name), value, rule);
    }

    template <typename Model>
    void row(const char* type, const Model& model) const {
        sized(type, model, rule::any);
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
    void participant_row(const Participant& participant) const {
        const FieldPath path("Participant");
        ValueChecker checker;
        checker.check(path, participant, rule::any);
        const auto& via = participant.connected_via;
        if (std::find(via.begin(), via.end(), participant.channel_id) == via.end()) {
            checker.check(
                path.field("connected_via"), std::vector{participant.channel_id}, rule::id);
        }
        bound_bytes(path, checker);
    }

    Limits limits_;
};

}  // namespace roomstore::detail
