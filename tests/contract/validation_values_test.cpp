#include <limits>

#include "contract/refusing.hpp"

/// Validation of numbers, times, names and queries.
namespace roomstore::contract {

namespace {

constexpr auto nan = std::numeric_limits<double>::quiet_NaN();
constexpr auto infinity = std::numeric_limits<double>::infinity();
constexpr auto max_int = std::numeric_limits<std::int64_t>::max();
constexpr std::chrono::microseconds tick{1};

}  // namespace

TEST_CASE("numbers of a room that are out of range are refused, naming the field",
          "[validation][rooms]") {
    Refusing refuse;
    refuse.room("Room.event_count", [](Room& room) { room.event_count = -1; });
    refuse.room("Room.event_count", [](Room& room) { room.event_count = max_int; });
    refuse.room("Room.latest_index", [](Room& room) { room.latest_index = -1; });
    refuse.room("Room.latest_index", [](Room& room) { room.latest_index = max_int; });
    refuse.room("Room.delivered_index", [](Room& room) { room.delivered_index = -2; });
    refuse.room("Room.delivered_index", [](Room& room) { room.delivered_index = max_int; });
    refuse.room("Room.timers.inactive_after_seconds",
                [](Room& room) { room.timers.inactive_after_seconds = -1; });
    refuse.room("Room.timers.closed_after_seconds",
                [](Room& room) { room.timers.closed_after_seconds = -1; });
}

TEST_CASE("times outside the years 1 to 9999 are refused, naming the field", "[validation]") {
    Refusing refuse;
    for (const auto time :
         {min_timestamp - tick, max_timestamp + tick, Timestamp::min(), Timestamp::max()}) {
        refuse.room("Room.created_at", [&](Room& room) { room.created_at = time; });
        refuse.room("Room.updated_at", [&](Room& room) { room.updated_at = time; });
        refuse.room("Room.closed_at", [&](Room& room) { room.closed_at = time; });
        refuse.room("Room.timers.last_activity_at",
                    [&](Room& room) { room.timers.last_activity_at = time; });
        refuse.event("RoomEvent.created_at", [&](RoomEvent& event) { event.created_at = time; });
        refuse.binding("ChannelBinding.attached_at",
                       [&](ChannelBinding& binding) { binding.attached_at = time; });
        refuse.participant("Participant.joined_at",
                           [&](Participant& participant) { participant.joined_at = time; });
        refuse.participant("Participant.resolved_at",
                           [&](Participant& participant) { participant.resolved_at = time; });
        refuse.task("Task.created_at", [&](Task& task) { task.created_at = time; });
        refuse.observation("Observation.created_at",
                           [&](Observation& observation) { observation.created_at = time; });
        refuse.query("EventFilter.after_time", {.filter = {.after_time = time}});
        refuse.query("EventFilter.before_time", {.filter = {.before_time = time}});
    }
}

TEST_CASE("values outside an enumeration are refused, naming the field", "[validation]") {
    Refusing refuse;
    for (const int value : {-1, 99}) {
        refuse.room("Room.status", [&](Room& m) { m.status = static_cast<RoomStatus>(value); });
        const std::vector<EventStatus> statuses{EventStatus::read, static_cast<EventStatus>(value)};
        refuse.query("EventFilter.statuses/1", {.filter = {.statuses = statuses}});
        refuse.query("EventFilter.exclude_statuses/1", {.filter = {.exclude_statuses = statuses}});
        refuse.room("Room.agent_response_policy", [&](Room& m) {
            m.agent_response_policy = static_cast<AgentResponsePolicy>(value);
        });
        refuse.event("RoomEvent.status",
                     [&](RoomEvent& m) { m.status = static_cast<EventStatus>(value); });
        refuse.event("RoomEvent.source.direction", [&](RoomEvent& m) {
            m.source.direction = static_cast<ChannelDirection>(value);
        });
        refuse.binding("ChannelBinding.category", [&](ChannelBinding& m) {
            m.category = static_cast<ChannelCategory>(value);
        });
        refuse.binding("ChannelBinding.direction", [&](ChannelBinding& m) {
            m.direction = static_cast<ChannelDirection>(value);
        });
        refuse.binding("ChannelBinding.access",
                       [&](ChannelBinding& m) { m.access = static_cast<Access>(value); });
        refuse.binding("ChannelBinding.capabilities.media_types/0", [&](ChannelBinding& m) {
            m.capabilities.media_types = {static_cast<ChannelMediaType>(value)};
        });
        refuse.binding("ChannelBinding.capabilities.delivery_mode", [&](ChannelBinding& m) {
            m.capabilities.delivery_mode = static_cast<DeliveryMode>(value);
        });
        refuse.participant("Participant.role",
                           [&](Participant& m) { m.role = static_cast<ParticipantRole>(value); });
        refuse.participant("Participant.status", [&](Participant& m) {
            m.status = static_cast<ParticipantStatus>(value);
        });
        refuse.participant("Participant.identification", [&](Participant& m) {
            m.identification = static_cast<IdentificationStatus>(value);
        });
        refuse.task("Task.status", [&](Task& m) { m.status = static_cast<TaskStatus>(value); });
        auto rich = full_rich();
        rich.format = static_cast<RichFormat>(value);
        refuse.content(".format", rich);
        auto deletion = full_delete();
        deletion.delete_type = static_cast<DeleteType>(value);
        refuse.content(".delete_type", deletion);
        auto tool_call = full_tool_call();
        tool_call.status = static_cast<ToolCallStatus>(value);
        refuse.content(".status", tool_call);

        const auto status = static_cast<RoomStatus>(value);
        refuse("RoomFilter.status", [&](auto& s) { return s.find_rooms({.status = status}); });
        refuse("LatestRoomFilter.status",
               [&](auto& s) { return s.find_latest_room("participant", {.status = status}); });
        refuse("status", [&](auto& s) { return s.find_room_id_by_channel("channel", status); });
        refuse("ChannelLookup.status",
               [&](auto& s) { return s.find_room_ids_by_channel("channel", {.status = status}); });
        refuse("status",
               [&](auto& s) { return s.list_tasks("room", static_cast<TaskStatus>(value)); });
        refuse("gap", [&](auto& s) {
            return s.advance_delivered_index("room", 100, static_cast<Gap>(value));
        });
        refuse("replies", [&](auto& s) {
            return s.delete_event("room", "event", static_cast<Replies>(value));
        });
    }
}

TEST_CASE("invalid names are refused, naming the field", "[validation]") {
    Refusing refuse;
    const Ids bad_names{"",
                        "Message",
                        "a b",
                        "a/b",
                        "\xC3\xA4",
                        std::string(65, 'a'),
                        std::string("a\0", 2),
                        "'",
                        "a:b"};
    for (const auto& name : bad_names) {
        CAPTURE(name);
        refuse.event("RoomEvent.type", [&](RoomEvent& event) { event.type = name; });
        refuse.event("RoomEvent.source.channel_type",
                     [&](RoomEvent& event) { event.source.channel_type = name; });
        refuse.binding("ChannelBinding.channel_type",
                       [&](ChannelBinding& binding) { binding.channel_type = name; });
        const std::vector<EventType> types{EventType::message, name};
        refuse.query("EventFilter.event_types/1", {.filter = {.event_types = types}});
        refuse.query("EventFilter.exclude_types/1", {.filter = {.exclude_types = types}});
        refuse.query("EventFilter.source_channel_type",
                     {.filter = {.source_channel_type = ChannelType(name)}});
        refuse("LatestRoomFilter.channel_type", [&](auto& s) {
            return s.find_latest_room("participant", {.channel_type = ChannelType(name)});
        });
        refuse("channel_type", [&](auto& s) { return s.resolve_identity(name, "address"); });
        refuse("channel_type",
               [&](auto& s) { return s.link_address("identity", name, "address"); });
    }
    const std::string longest(64, 'a');
    const auto store = store_with_room();
    const auto event = make_event({.type = longest});
    CHECK(run(store->add_event_auto_index("room", event)) == event);
}

TEST_CASE("invalid addresses of an identity are refused, naming the field",
          "[validation][identities]") {
    Refusing refuse;
    const auto create = [&](const std::string& field, const std::string& type, Ids addresses) {
        refuse(field, [&](auto& store) {
            return store.create_identity({.id = "new", .channel_addresses = {{type, addresses}}});
        });
    };
    create("Identity.channel_addresses/SMS", "SMS", {"1"});
    create("Identity.channel_addresses/", "", {"1"});
    create("Identity.channel_addresses/sms/1", "sms", {"1", ""});
    create("Identity.channel_addresses/sms/2", "sms", {"1", "2", "1"});
    create("Identity.channel_addresses/sms/1", "sms", {"1", std::string(1025, 'x')});
}

TEST_CASE("numbers of an event that are out of range are refused, naming the field",
          "[validation][events]") {
    Refusing refuse;
    refuse.event("RoomEvent.index", [](RoomEvent& event) { event.index = -1; });
    refuse.event("RoomEvent.index", [](RoomEvent& event) { event.index = max_int; });
    refuse.event("RoomEvent.chain_depth", [](RoomEvent& event) { event.chain_depth = -1; });
}

TEST_CASE("numbers of a binding that are out of range are refused, naming the field",
          "[validation][bindings]") {
    Refusing refuse;
    using Binding = ChannelBinding;
    refuse.binding("ChannelBinding.last_read_index", [](Binding& b) { b.last_read_index = -1; });
    for (const std::int64_t bad : {std::int64_t{0}, std::int64_t{-1}}) {
        const std::string can = "ChannelBinding.capabilities.";
        refuse.binding(can + "max_length", [&](Binding& b) { b.capabilities.max_length = bad; });
        refuse.binding(can + "max_buttons", [&](Binding& b) { b.capabilities.max_buttons = bad; });
        refuse.binding(can + "max_media_size_bytes",
                       [&](Binding& b) { b.capabilities.max_media_size_bytes = bad; });
        refuse.binding(can + "max_audio_duration_seconds",
                       [&](Binding& b) { b.capabilities.max_audio_duration_seconds = bad; });
        refuse.binding(can + "max_video_duration_seconds",
                       [&](Binding& b) { b.capabilities.max_video_duration_seconds = bad; });
    }
    for (const double bad : {0.0, -0.0, -1.0, nan, infinity}) {
        const std::string rate = "ChannelBinding.rate_limit.";
        refuse.binding(rate + "max_per_second",
                       [&](Binding& b) { b.rate_limit = RateLimit{.max_per_second = bad}; });
        refuse.binding(rate + "max_per_minute",
                       [&](Binding& b) { b.rate_limit = RateLimit{.max_per_minute = bad}; });
        refuse.binding(rate + "max_per_hour",
                       [&](Binding& b) { b.rate_limit = RateLimit{.max_per_hour = bad}; });
        const std::string retry = "ChannelBinding.retry_policy.";
        refuse.binding(retry + "base_delay_seconds", [&](Binding& b) {
            b.retry_policy = RetryPolicy{.base_delay_seconds = bad};
        });
        refuse.binding(retry + "max_delay_seconds",
                       [&](Binding& b) { b.retry_policy = RetryPolicy{.max_delay_seconds = bad}; });
        refuse.binding(retry + "exponential_base",
                       [&](Binding& b) { b.retry_policy = RetryPolicy{.exponential_base = bad}; });
    }
    refuse.binding("ChannelBinding.retry_policy.max_retries",
                   [](Binding& b) { b.retry_policy = RetryPolicy{.max_retries = -1}; });
}

TEST_CASE("a confidence outside 0 to 1 is refused, naming the field",
          "[validation][observations]") {
    Refusing refuse;
    for (const double bad : {-0.000001, 1.000001, nan, infinity, -infinity}) {
        refuse.observation("Observation.confidence",
                           [&](Observation& observation) { observation.confidence = bad; });
    }
}

TEST_CASE("negative offsets, limits, cursors and indexes are refused, naming the field",
          "[validation]") {
    Refusing refuse;
    for (const auto bad : {std::int64_t{-1}, std::numeric_limits<std::int64_t>::min()}) {
        refuse("Page.offset", [&](auto& s) { return s.list_rooms({.offset = bad}); });
        refuse("Page.limit", [&](auto& s) { return s.list_rooms({.limit = bad}); });
        refuse("Page.offset", [&](auto& s) { return s.find_rooms({}, {.offset = bad}); });
        refuse("Page.limit", [&](auto& s) { return s.find_rooms({}, {.limit = bad}); });
        refuse("ChannelLookup.limit",
               [&](auto& s) { return s.find_room_ids_by_channel("channel", {.limit = bad}); });
        refuse("index", [&](auto& s) { return s.advance_delivered_index("room", bad); });
        refuse("index", [&](auto& s) { return s.mark_unread_from("room", "channel", bad); });
        refuse("ContextQuery.max_tokens",
               [&](auto& s) { return s.get_context_window("room", {.max_tokens = bad}); });
        refuse("ContextQuery.default_tokens",
               [&](auto& s) { return s.get_context_window("room", {.default_tokens = bad}); });
        refuse("AppendOptions.expected_next_index",
               [&](auto& s) { return s.append_events("room", {}, {.expected_next_index = bad}); });
        refuse.query("EventQuery.offset", {.offset = bad});
        refuse.query("EventQuery.limit", {.limit = bad});
        refuse.query("EventQuery.after_index", {.after_index = bad});
        refuse.query("EventQuery.before_index", {.before_index = bad});
    }
    refuse("index", [&](auto& s) { return s.advance_delivered_index("room", max_int); });
}

TEST_CASE("limits and caps that must be positive are refused, naming the field", "[validation]") {
    Refusing refuse;
    for (const auto bad : {std::int64_t{0}, std::int64_t{-1}}) {
        refuse("InboxQuery.limit",
               [&](auto& s) { return s.list_inbox({.participant_id = "p", .limit = bad}); });
        refuse("InboxQuery.unread_cap",
               [&](auto& s) { return s.list_inbox({.participant_id = "p", .unread_cap = bad}); });
        refuse("UnreadQuery.cap",
               [&](auto& s) { return s.get_unread_count("room", "channel", {.cap = bad}); });
        refuse("UnreadTotalQuery.cap",
               [&](auto& s) { return s.get_unread_total("participant", {.cap = bad}); });
        refuse("ContextQuery.max_events",
               [&](auto& s) { return s.get_context_window("room", {.max_events = bad}); });
    }
}

TEST_CASE("contradictory queries are refused, naming the field", "[validation][events]") {
    Refusing refuse;
    refuse.query("EventQuery.after_index", {.after_index = 1, .before_index = 5});
    const RoomPageCursor room(at(1), "room");
    refuse("Page.after", [&](auto& s) { return s.list_rooms({.offset = 1, .after = room}); });
    refuse("Page.after", [&](auto& s) { return s.find_rooms({}, {.offset = 1, .after = room}); });
    refuse("Page.after", [&](auto& s) { return s.list_bindings("room", Page{.after = room}); });
    refuse("Page.after", [&](auto& s) { return s.list_participants("room", Page{.after = room}); });
    refuse("Page.after", [&](auto& s) { return s.list_tasks("room", {}, Page{.after = room}); });
    refuse("Page.after", [&](auto& s) { return s.list_observations("room", Page{.after = room}); });
    refuse("EventQuery.after_index", [&](auto& s) {
        return s.get_conversation("room", {.after_index = 1, .before_index = 5});
    });
    refuse("EventQuery.after_index",
           [&](auto& s) { return s.get_timeline("room", {.after_index = 1, .before_index = 5}); });
    refuse.query("EventFilter.top_level_only",
                 {.filter = {.parent_event_id = "event", .top_level_only = true}});
    refuse.query("EventFilter.after_time", {.filter = {.after_time = at(1), .before_time = at(1)}});
    refuse.query("EventFilter.after_time", {.filter = {.after_time = at(2), .before_time = at(1)}});
}

TEST_CASE("metadata patches and metadata filters must be objects of valid JSON",
          "[validation][rooms]") {
    Refusing refuse;
    for (const Json& bad : {Json(nullptr), Json::array(), Json(1), Json("text")}) {
        refuse("patch", [&](auto& s) { return s.patch_room_metadata("room", bad); });
        refuse("RoomFilter.metadata", [&](auto& s) { return s.find_rooms({.metadata = bad}); });
    }
    for (const Json& bad : {Json(nan), Json("\xFF"), Json(std::string("\0", 1))}) {
        refuse("patch/a", [&](auto& s) { return s.patch_room_metadata("room", {{"a", bad}}); });
        refuse("RoomFilter.metadata/a",
               [&](auto& s) { return s.find_rooms({.metadata = Json{{"a", bad}}}); });
    }
    refuse("patch", [](auto& s) { return s.patch_room_metadata("room", {{"\xFF", 1}}); });
}

TEST_CASE("arguments are validated before the row is looked up", "[validation]") {
    const auto store = fresh_store();
    CHECK_FAILS(store->update_room(sample_room({.organization_id = ""})),
                errc::invalid_argument,
                "Room.organization_id");
    CHECK_FAILS(store->add_event_auto_index("room", make_event({.body = "\xFF"})),
                errc::invalid_argument,
                "RoomEvent.content.body");
    CHECK_FAILS(store->link_address("unknown", "BAD", "1"), errc::invalid_argument, "channel_type");
    CHECK_FAILS(store->mark_read("unknown", "", "event"), errc::invalid_argument, "channel_id");
    CHECK(run(store->list_rooms()).empty());
}

}  // namespace roomstore::contract
