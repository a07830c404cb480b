#include "roomstore/model/json.hpp"

#include <chrono>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "roomstore/query.hpp"
#include "support/populated.hpp"
#include "support/printers.hpp"
#include "unit/refusal.hpp"

using namespace roomstore;
using namespace roomstore::test;

namespace {

/// Converts to JSON text and back, and checks that the text does not change.
template <typename Model>
Model through_json(const Model& model) {
    const std::string text = Json(model).dump();
    Model read = Json::parse(text).get<Model>();
    CHECK(Json(read).dump() == text);
    return read;
}

template <typename Model>
Model parsed(const std::string& text) {
    return Json::parse(text).get<Model>();
}

/// The error text of reading `json` as a `Model`.
template <typename Model>
std::string refused(const Json& json) {
    return refusal([&] { return json.get<Model>(); });
}

/// A copy of `json` with `value` at the JSON pointer.
Json with(Json json, const std::string& pointer, Json value) {
    json[Json::json_pointer(pointer)] = std::move(value);
    return json;
}

Json without(Json json, const std::string& field) {
    json.erase(field);
    return json;
}

}  // namespace

TEST_CASE("every field of every model survives a JSON round trip") {
    CHECK(through_json(full_room()) == full_room());
    CHECK(through_json(full_event()) == full_event());
    CHECK(through_json(full_binding()) == full_binding());
    CHECK(through_json(full_participant()) == full_participant());
    CHECK(through_json(full_identity()) == full_identity());
    CHECK(through_json(full_task()) == full_task());
    CHECK(through_json(full_observation()) == full_observation());
    const ThreadSummary summary{
        .root_event_id = "e", .reply_count = 3, .last_reply_at = max_timestamp};
    CHECK(through_json(summary) == summary);
}

TEST_CASE("every content type survives a JSON round trip") {
    for (const EventContent& content : full_contents()) CHECK(through_json(content) == content);
    for (const EventContent& content : minimal_contents()) {
        CHECK(through_json(content) == content);
    }
}

TEST_CASE("models without optional values survive a JSON round trip") {
    const Room room{.id = "r"};
    CHECK(through_json(room) == room);
    const RoomEvent event{.room_id = "r", .source = {.channel_id = "c", .channel_type = "sms"}};
    CHECK(through_json(event) == event);
    const ChannelBinding binding{.channel_id = "c", .room_id = "r", .channel_type = "sms"};
    CHECK(through_json(binding) == binding);
    const Participant participant{.id = "p", .room_id = "r", .channel_id = "c"};
    CHECK(through_json(participant) == participant);
    CHECK(through_json(Identity{.id = "i"}) == Identity{.id = "i"});
    const Task task{.id = "t", .room_id = "r", .title = ""};
    CHECK(through_json(task) == task);
    const Observation observation{.id = "o", .room_id = "r", .channel_id = "c"};
    CHECK(through_json(observation) == observation);
}

TEST_CASE("parts of a row and lists of rows can be converted separately") {
    CHECK(through_json(full_event().source) == full_event().source);
    CHECK(through_json(full_event().channel_data) == full_event().channel_data);
    CHECK(through_json(full_binding().capabilities) == full_binding().capabilities);
    CHECK(through_json(*full_binding().rate_limit) == *full_binding().rate_limit);
    CHECK(through_json(*full_binding().retry_policy) == *full_binding().retry_policy);
    CHECK(through_json(full_room().timers) == full_room().timers);
    const std::vector<Room> rooms{full_room(), Room{.id = "r"}};
    CHECK(Json(rooms).get<std::vector<Room>>() == rooms);
}

TEST_CASE("the JSON of a room has every field by name, absent ones as null") {
    const Timestamp time{std::chrono::seconds(1'767'323'045)};
    CHECK(Json(Room{.id = "r", .created_at = time, .updated_at = time}) == Json::parse(R"({
        "id": "r", "organization_id": null, "status": "active",
        "created_at": "2026-01-02T03:04:05Z", "updated_at": "2026-01-02T03:04:05Z",
        "closed_at": null,
        "timers": {"inactive_after_seconds": null, "closed_after_seconds": null,
                   "last_activity_at": null},
        "agent_response_policy": "agent_chain", "metadata": {},
        "event_count": 0, "latest_index": 0, "delivered_index": -1})"));
}

TEST_CASE("the JSON of an event has every field by name, and contents have a type") {
    const Timestamp time{std::chrono::microseconds(1'767'323'045'000'100)};
    const RoomEvent event{
        .id = "e",
        .room_id = "r",
        .type = "irc.topic",
        .source = {.channel_id = "c", .channel_type = "sms"},
        .content = EditContent{.target_event_id = "t", .new_content = TextContent{.body = "b"}},
        .addressed_to = std::vector<std::string>{},
        .created_at = time};
    CHECK(Json(event) == Json::parse(R"({
        "id": "e", "room_id": "r", "type": "irc.topic",
        "source": {"channel_id": "c", "channel_type": "sms", "direction": "inbound",
                   "participant_id": null, "external_id": null, "provider": null,
                   "raw_payload": {}, "provider_message_id": null},
        "content": {"type": "edit", "target_event_id": "t", "edit_source": null,
                    "new_content": {"type": "text", "body": "b", "language": null}},
        "status": "pending", "blocked_by": null, "visibility": "all", "addressed_to": [],
        "response_visibility": null, "index": 0, "chain_depth": 0, "parent_event_id": null,
        "correlation_id": null, "idempotency_key": null,
        "created_at": "2026-01-02T03:04:05.000100Z", "metadata": {},
        "channel_data": {"provider": null, "external_id": null, "thread_id": null, "extra": {}},
        "delivery_results": {}, "token_count": null})"));
}

TEST_CASE("enumerations are converted to their names") {
    CHECK(Json(RoomStatus::archived) == "archived");
    CHECK(Json("archived").get<RoomStatus>() == RoomStatus::archived);
    CHECK(Json(EventType(EventType::dtmf)) == "dtmf");
    CHECK(Json("x.y").get<ChannelType>() == "x.y");
    CHECK(refused<RoomStatus>("gone") ==
          "value: 'gone' is not one of active, paused, closed, archived");
    CHECK(refused<RoomStatus>(1) == "value: must be a string, is number");
    CHECK(refused<EventType>(1) == "value: must be a string, is number");
}

TEST_CASE("a content with an unknown type is kept unchanged") {
    const Json poll = {{"type", "poll"}, {"options", {1, 2.5, nullptr, {{"deep", true}}}}};
    const auto content = poll.get<EventContent>();
    REQUIRE(content.get_if<UnknownContent>() != nullptr);
    CHECK(Json(content) == poll);
    Json event = Json(full_event());
    event["content"] = poll;
    CHECK(Json(event.get<RoomEvent>()) == event);
}

TEST_CASE("unknown members are ignored by models stored in columns") {
    const auto check_ignored = [](const auto& model) {
        Json json = model;
        json["future"] = {{"anything", nullptr}};
        CHECK(json.get<std::remove_cvref_t<decltype(model)>>() == model);
    };
    check_ignored(full_room());
    check_ignored(full_room().timers);
    check_ignored(full_binding());
    check_ignored(full_participant());
    check_ignored(full_identity());
    check_ignored(full_task());
    check_ignored(full_observation());
    check_ignored(ThreadSummary{.root_event_id = "e"});
}

TEST_CASE("unknown members are kept by models stored as JSON") {
    const auto check_kept = []<typename Model>(Model model) {
        Json json = model;
        model.unknown_members = members_of_the_future();
        for (const auto& [name, value] : model.unknown_members.map()) json[name] = value;
        CHECK(Json(model).dump() == json.dump());
        CHECK(json.get<Model>() == model);
        CHECK(Json(json.get<Model>()).dump() == json.dump());
    };
    check_kept(RoomEvent{.room_id = "r", .created_at = {}});
    check_kept(EventSource{});
    check_kept(ChannelData{});
    check_kept(ChannelCapabilities{});
    check_kept(RateLimit{});
    check_kept(RetryPolicy{});
    for (const EventContent& content : minimal_contents()) {
        Json json = content;
        json["outcome"] = {{"deep", {1.0, nullptr}}};
        CHECK(Json(json.get<EventContent>()).dump() == json.dump());
        CHECK(json.get<EventContent>() != content);
    }
}

TEST_CASE("without unknown members the JSON has no member for them") {
    for (const EventContent& content : minimal_contents()) {
        CHECK_FALSE(Json(content).contains("unknown_members"));
    }
    const Json event = RoomEvent{.unknown_members = UnknownMembers(UnknownMembers::Map{})};
    CHECK_FALSE(event.contains("unknown_members"));
}

TEST_CASE("an unknown member never replaces a field") {
    const EventContent content =
        TextContent{.body = "b", .unknown_members = {{"body", 1}, {"type", 2}, {"x", 3}}};
    CHECK(Json(content) ==
          Json({{"type", "text"}, {"body", "b"}, {"language", nullptr}, {"x", 3}}));
}

TEST_CASE("unknown members may be nested as deep as other JSON") {
    Json json = full_event();
    json["content"] = {{"type", "text"}, {"body", ""}, {"language", nullptr}, {"x", Json::array()}};
    Json* inner = &json["content"]["x"];
    for (int i = 2; i < 128; ++i) {
        inner->push_back(Json::array());
        inner = &inner->front();
    }
    CHECK(Json(json.get<RoomEvent>()).dump() == json.dump());
    inner->push_back(Json::array());
    const auto refusal = refused<RoomEvent>(json);
    CHECK(refusal.starts_with("RoomEvent.content.unknown_members/x/0/0/"));
    CHECK(refusal.ends_with(": nested more than 128 deep"));
}

TEST_CASE("unknown members are copied, moved and compared as values") {
    UnknownMembers members{{"a", 1}};
    UnknownMembers copy = members;
    CHECK(copy == members);
    copy.set("a", 2);
    CHECK(copy != members);
    copy.set("b", nullptr);
    CHECK(copy.map().size() == 2);
    members = copy;
    CHECK(members == copy);
    const UnknownMembers moved = std::move(copy);
    CHECK(moved == members);
    CHECK(UnknownMembers{}.empty());
    CHECK(UnknownMembers{} == UnknownMembers(UnknownMembers::Map{}));
    CHECK(UnknownMembers{}.map().empty());
    CHECK_FALSE(moved.empty());
}

TEST_CASE("missing members get the default values of the model") {
    const auto room = parsed<Room>(R"({"id": "r"})");
    CHECK(room.status == RoomStatus::active);
    CHECK(room.delivered_index == -1);
    CHECK(room.metadata == Json::object());
    const auto event = parsed<RoomEvent>(
        R"({"room_id": "r", "source": {"channel_id": "c", "channel_type": "sms"},
            "content": {"type": "text", "body": "b"}})");
    CHECK(event.id.size() == 32);
    CHECK(event.created_at > Timestamp{std::chrono::seconds(1'767'323'045)});
    CHECK(event.type == EventType::message);
    const auto audio = parsed<EventContent>(R"({"type": "audio", "url": "data:,"})");
    CHECK(audio == EventContent(AudioContent{.url = "data:,", .mime_type = "audio/ogg"}));
    const auto policy = parsed<RetryPolicy>(R"({"max_retries": 1})");
    CHECK(policy == RetryPolicy{.max_retries = 1});
    CHECK(parsed<ChannelCapabilities>("{}") == ChannelCapabilities{});
}

TEST_CASE("reading replaces the whole model, or nothing on failure") {
    Room room = full_room();
    Json({{"id", "r"}, {"created_at", "2026-01-02T03:04:05Z"}}).get_to(room);
    CHECK(room.id == "r");
    CHECK_FALSE(room.organization_id);
    room = full_room();
    CHECK(refusal([&] { Json({{"id", "r"}, {"metadata", 1}}).get_to(room); }) ==
          "Room.metadata: must be an object, is number");
    CHECK(room == full_room());
}

TEST_CASE("a missing required field is refused, naming the field") {
    CHECK(refused<Room>(without(full_room(), "id")) == "Room.id: missing");
    for (const char* field : {"room_id", "source", "content"}) {
        CHECK(refused<RoomEvent>(without(full_event(), field)) ==
              std::string("RoomEvent.") + field + ": missing");
    }
    for (const char* field : {"channel_id", "channel_type"}) {
        CHECK(refused<EventSource>(without(full_event().source, field)) ==
              std::string("EventSource.") + field + ": missing");
    }
    for (const char* field : {"channel_id", "room_id", "channel_type"}) {
        CHECK(refused<ChannelBinding>(without(full_binding(), field)) ==
              std::string("ChannelBinding.") + field + ": missing");
    }
    for (const char* field : {"id", "room_id", "channel_id"}) {
        CHECK(refused<Participant>(without(full_participant(), field)) ==
              std::string("Participant.") + field + ": missing");
    }
    CHECK(refused<Identity>(without(full_identity(), "id")) == "Identity.id: missing");
    for (const char* field : {"id", "room_id", "title"}) {
        CHECK(refused<Task>(without(full_task(), field)) ==
              std::string("Task.") + field + ": missing");
    }
    for (const char* field : {"id", "room_id", "channel_id", "content"}) {
        CHECK(refused<Observation>(without(full_observation(), field)) ==
              std::string("Observation.") + field + ": missing");
    }
}

TEST_CASE("a missing required field of a content is refused, naming the field") {
    const std::vector<std::pair<EventContent, std::vector<const char*>>> required = {
        {full_text(), {"type", "body"}},
        {full_rich(), {"type", "body"}},
        {full_media(), {"type", "url", "mime_type"}},
        {full_location(), {"type", "latitude", "longitude"}},
        {full_audio(), {"type", "url"}},
        {full_video(), {"type", "url"}},
        {full_composite(), {"type", "parts"}},
        {full_system(), {"type", "body"}},
        {full_template(), {"type", "template_id"}},
        {full_edit(), {"type", "target_event_id", "new_content"}},
        {full_delete(), {"type", "target_event_id"}},
        {full_tool_call(), {"type", "tool_name", "tool_id"}},
    };
    for (const auto& [content, fields] : required) {
        for (const char* field : fields) {
            CHECK(refused<EventContent>(without(content, field)) ==
                  std::string("EventContent.") + field + ": missing");
        }
    }
}

TEST_CASE("a value of the wrong type is refused with its path") {
    const Json event = full_event();
    const auto refused_event = [&](const std::string& pointer, Json value) {
        return refused<RoomEvent>(with(event, pointer, std::move(value)));
    };
    CHECK(refused<Room>(Json::array()) == "Room: must be an object, is array");
    CHECK(refused<EventContent>("text") == "EventContent: must be an object, is string");
    CHECK(refused_event("/id", nullptr) == "RoomEvent.id: must be a string, is null");
    CHECK(refused_event("/id", 7) == "RoomEvent.id: must be a string, is number");
    CHECK(refused_event("/type", false) == "RoomEvent.type: must be a string, is boolean");
    CHECK(refused_event("/source", "x") == "RoomEvent.source: must be an object, is string");
    CHECK(refused_event("/source/raw_payload", Json::array()) ==
          "RoomEvent.source.raw_payload: must be an object, is array");
    CHECK(refused_event("/metadata", nullptr) == "RoomEvent.metadata: must be an object, is null");
    CHECK(refused_event("/addressed_to", "x") ==
          "RoomEvent.addressed_to: must be an array, is string");
    CHECK(refused_event("/addressed_to", {"x", 1}) ==
          "RoomEvent.addressed_to/1: must be a string, is number");
    CHECK(refused_event("/content/type", 1) ==
          "RoomEvent.content.type: must be a string, is number");
    CHECK(refused_event("/content",
                        {{"type", "composite"}, {"parts", {{{"type", "text"}, {"body", 1}}}}}) ==
          "RoomEvent.content.parts/0.body: must be a string, is number");
    CHECK(refused_event("/content",
                        {{"type", "rich"}, {"body", ""}, {"buttons", {Json::object(), 1}}}) ==
          "RoomEvent.content.buttons/1: must be an object, is number");
    CHECK(refused_event("/content",
                        {{"type", "tool_call"},
                         {"tool_name", ""},
                         {"tool_id", ""},
                         {"structured_content", 1}}) ==
          "RoomEvent.content.structured_content: must be an object, is number");
    CHECK(refused<ChannelBinding>(with(full_binding(), "/muted", 1)) ==
          "ChannelBinding.muted: must be a boolean, is number");
    CHECK(refused<Observation>(with(full_observation(), "/confidence", "1")) ==
          "Observation.confidence: must be a number, is string");
    CHECK(refused<Identity>(with(full_identity(), "/external_ids", {{"a/b", 1}})) ==
          "Identity.external_ids/a~1b: must be a string, is number");
    CHECK(refused<Identity>(with(full_identity(), "/external_ids", Json::array())) ==
          "Identity.external_ids: must be an object, is array");
    CHECK(refused<Identity>(with(full_identity(), "/channel_addresses", {{"sms", {1}}})) ==
          "Identity.channel_addresses/sms/0: must be a string, is number");
}

TEST_CASE("integers are never rounded or truncated") {
    const auto count = [](const char* number) {
        return parsed<Room>(std::string(R"({"id": "r", "event_count": )") + number + "}")
            .event_count;
    };
    const auto refused_count = [&](const char* number) {
        return refusal([&] { return count(number); });
    };
    CHECK(count("9223372036854775807") == 9223372036854775807);
    CHECK(count("-9223372036854775808") == std::numeric_limits<std::int64_t>::min());
    CHECK(count("3.0") == 3);
    CHECK(count("1e3") == 1000);
    CHECK(refused_count("9223372036854775808") ==
          "Room.event_count: 9223372036854775808, must be at most 9223372036854775807");
    CHECK(refused_count("18446744073709551615") ==
          "Room.event_count: 18446744073709551615, must be at most 9223372036854775807");
    CHECK(refused_count("1.5") == "Room.event_count: 1.5, must be an integer of 64 bits");
    CHECK(refused_count("9223372036854775808.0") ==
          "Room.event_count: 9.223372036854776e+18, must be an integer of 64 bits");
    CHECK(refused_count("-1e300") == "Room.event_count: -1e+300, must be an integer of 64 bits");
    CHECK(refused_count("\"1\"") == "Room.event_count: must be an integer, is string");
    CHECK(refused_count("true") == "Room.event_count: must be an integer, is boolean");
}

TEST_CASE("invalid names and times appear in the error text") {
    CHECK(refused<Room>(with(full_room(), "/status", "gone\n")) ==
          "Room.status: 'gone\\n' is not one of active, paused, closed, archived");
    CHECK(refused<Room>(with(full_room(), "/created_at", "yesterday")) ==
          "Room.created_at: 'yesterday' is not an ISO 8601 time with a zone");
    CHECK(refused<Room>(with(full_room(), "/created_at", "0000-12-31T23:59:59Z")) ==
          "Room.created_at: outside the years 1 to 9999");
    CHECK(refused<Room>(with(full_room(), "/created_at", "9999-12-31T23:59:59-00:01")) ==
          "Room.created_at: outside the years 1 to 9999");
    CHECK(refused<Room>(with(full_room(), "/created_at", 1767323045)) ==
          "Room.created_at: must be a string, is number");
}

TEST_CASE("nesting is checked before any recursion") {
    const auto nested = [](int levels, Json value, const char* key) {
        for (int i = 0; i < levels; ++i) {
            Json outer = {{"type", "edit"}, {"target_event_id", "t"}};
            outer[key] = std::move(value);
            value = std::move(outer);
        }
        return value;
    };
    const Json text = {{"type", "text"}, {"body", "b"}};
    const auto deep_refusal = [](const std::string& refused) {
        return refused.ends_with(": nested more than 128 deep");
    };
    CHECK(refused<EventContent>(nested(127, text, "new_content")).empty());
    CHECK(deep_refusal(refused<EventContent>(nested(128, text, "new_content"))));
    // Deep enough to exhaust the stack if copied recursively; only moved here.
    const std::string levels(1'000'000, '[');
    const std::string ends(1'000'000, ']');
    const Json metadata = Json::parse(R"({"id": "r", "metadata": {"k": )" + levels + ends + "}}");
    CHECK(deep_refusal(refused<Room>(metadata)));
    const Json unknown = Json::parse(R"({"type": "new", "k": )" + levels + ends + "}");
    CHECK(deep_refusal(refused<EventContent>(unknown)));
    Json edits = nested(20'000, text, "new_content");
    CHECK(deep_refusal(refused<EventContent>(edits)));
    // Writing is also recursive.
    Room room{.id = "r"};
    room.metadata = Json::parse("{\"k\":" + levels + ends + "}");
    CHECK(deep_refusal(refusal([&] { return Json(room); })));
    EventContent content = TextContent{};
    for (int i = 0; i < 128; ++i) content = EditContent{.new_content = std::move(content)};
    CHECK(deep_refusal(refusal([&] { return Json(content); })));
}

TEST_CASE("models that a store would refuse can be converted to JSON") {
    RoomEvent event = full_event();
    event.index = -1;
    event.status = static_cast<EventStatus>(99);
    event.created_at = Timestamp::max();
    const Json json = event;
    CHECK(json["index"] == -1);
    CHECK(json["status"] == "");
    CHECK(json["created_at"] == "+294247-01-10T04:00:54.775807Z");
}

TEST_CASE("an edit with a moved-from content can be converted and compared") {
    EditContent edit{.target_event_id = "t", .new_content = TextContent{.body = "b"}};
    const EditContent whole = edit;
    const auto taken = std::move(edit.new_content);
    CHECK(Json(EventContent(edit))["new_content"] == nullptr);
    CHECK(edit == EditContent(edit));
    CHECK_FALSE(edit == whole);
    CHECK_FALSE(whole == edit);
    CHECK(taken->get<TextContent>().body == "b");
}

TEST_CASE("arguments survive a JSON round trip, and have every field by name") {
    EventQuery query;
    query.offset = 3;
    query.limit = 7;
    query.after_index = 8;
    query.newest_first = true;
    query.filter.event_types = {EventType("message"), EventType("custom")};
    query.filter.exclude_types.emplace();
    query.filter.statuses = {EventStatus::pending, EventStatus::blocked};
    query.filter.exclude_statuses = {EventStatus::failed};
    query.filter.visibility = "all";
    query.filter.source_channel_id = "channel";
    query.filter.source_channel_type = ChannelType("sms");
    query.filter.correlation_id = "correlation";
    query.filter.participant_id = "alice";
    query.filter.parent_event_id = "root";
    query.filter.after_time = parse_iso8601("2026-01-02T03:04:05Z");
    const Json json = query;
    CHECK(json == Json::parse(R"({
        "offset": 3, "limit": 7, "after_index": 8, "before_index": null, "newest_first": true,
        "filter": {
            "event_types": ["message", "custom"], "exclude_types": [],
            "statuses": ["pending", "blocked"], "exclude_statuses": ["failed"],
            "visibility": "all", "source_channel_id": "channel", "source_channel_type": "sms",
            "correlation_id": "correlation", "participant_id": "alice", "parent_event_id": "root",
            "top_level_only": false, "after_time": "2026-01-02T03:04:05Z", "before_time": null
        }})"));
    through_json(query);

    RoomFilter filter;
    filter.organization_id = "org";
    filter.status = RoomStatus::paused;
    filter.metadata = Json{{"kind", "rare"}};
    CHECK(Json(filter) == Json{{"organization_id", "org"},
                               {"status", "paused"},
                               {"metadata", {{"kind", "rare"}}},
                               {"participant_id", nullptr}});
    through_json(filter);
    CHECK(Json(Page{.offset = 1, .limit = 2}) ==
          Json{{"offset", 1}, {"limit", 2}, {"after", nullptr}});
    CHECK(parsed<Page>("{}").limit == Page().limit);
    const auto time = parse_iso8601("2026-01-02T03:04:05Z");
    Page page;
    page.after = RoomPageCursor(time.value(), "room");
    CHECK(Json(page).at("after") == Json{{"created_at", "2026-01-02T03:04:05Z"}, {"id", "room"}});
    CHECK(through_json(page).after == page.after);
    CHECK(parsed<TimelineQuery>(R"({"limit": 5, "filter": {"top_level_only": true}})")
              .filter.top_level_only);
    CHECK(parsed<ConversationQuery>(R"({"after_index": 5})").after_index == 5);
    CHECK(parsed<AppendOptions>(R"({"expected_next_index": 5})").expected_next_index == 5);
    CHECK(parsed<LatestRoomFilter>(R"({"channel_type": "sms"})").channel_type == "sms");
    CHECK(parsed<ChannelLookup>(R"({"status": "closed", "limit": 9})").limit == 9);
}

TEST_CASE("a room with its bindings and participants survives a JSON round trip") {
    RoomContext context;
    CHECK(Json(context) == Json::parse(R"({"room": null, "bindings": [], "participants": []})"));
    context.room = full_room();
    context.bindings = {full_binding()};
    context.participants = {full_participant()};
    const auto read = through_json(context);
    CHECK(read.room == context.room);
    CHECK(read.bindings == context.bindings);
    CHECK(read.participants == context.participants);
}

TEST_CASE("arguments refuse what they do not know, naming the field") {
    CHECK(refused<EventFilter>(Json{{"event_type", "message"}}) ==
          "EventFilter/event_type: there is no such field");
    CHECK(refused<EventQuery>(Json{{"filter", {{"status", "pending"}}}}) ==
          "EventQuery.filter/status: there is no such field");
    CHECK(refused<EventQuery>(Json{{"filter", {{"statuses", {"pendin"}}}}})
              .starts_with("EventQuery.filter.statuses/0: 'pendin' is not one of "));
    CHECK(refused<Page>(Json{{"limit", "many"}}) == "Page.limit: must be an integer, is string");
    CHECK(refused<Page>(Json{{"after", {{"id", "room"}}}}) == "Page.after.created_at: missing");
    CHECK(refused<Page>(Json{{"after", {{"created_at", 1}, {"id", "room"}}}}) ==
          "Page.after.created_at: must be a string, is number");
    CHECK(refused<Page>(Json{{"after", {{"at", 1}}}}) == "Page.after/at: there is no such field");
    CHECK(refused<RoomFilter>(Json{{"metadata", 1}}) ==
          "RoomFilter.metadata: must be an object, is number");
    CHECK(refused<RoomFilter>(Json::array()) == "RoomFilter: must be an object, is array");
}
