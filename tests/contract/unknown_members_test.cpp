#include <string_view>

#include "contract/populated_store.hpp"
#include "roomstore/model/json.hpp"
#include "support/populated.hpp"

/// JSON members written by a newer version, for which this version has no field.
namespace roomstore::contract {

namespace {

/// Adds unknown members with various values. Their names sort before, between and after the field
/// names, and one is the name of a field of other models.
void add_members(Json& object) {
    object["A first one"] = full_json();
    object["outcome"] = {{"decided", true}, {"by", {"a", nullptr, 2.0, -0.0}}};
    object["unknown_members"] = nullptr;
    object["custom/~"] = "quotes \" and \\";
    object["zz"] = Json::array();
}

/// Adds unknown members to a content and to every nested content.
void add_members_to_content(Json& content) {
    if (content["type"] == "composite") {
        for (Json& part : content["parts"]) add_members_to_content(part);
    }
    if (content["type"] == "edit") add_members_to_content(content["new_content"]);
    add_members(content);
}

/// The event as a newer version writes it.
Json event_of_the_future(const EventContent& content, const std::string& id) {
    auto event = full_event();
    event.id = id;
    event.room_id = "room";
    event.idempotency_key = id;
    Json json = event;
    json["content"] = content;
    add_members_to_content(json["content"]);
    for (const char* place : {"source", "channel_data"}) add_members(json[place]);
    add_members(json);
    return json;
}

// Compared as text, because the JSON values 1 and 1.0 compare equal.
template <typename Model>
void check_json(const Model& model, const Json& wanted) {
    CHECK(Json(model).dump() == wanted.dump());
}

void check_event(ConversationStore& store, const Json& wanted) {
    const auto id = wanted.at("id").get<std::string>();
    check_json(run(store.get_event("room", id)).value(), wanted);
    check_json(run(store.get_event(id)).value(), wanted);
    check_json(run(store.get_event_by_idempotency_key("room", id)).value(), wanted);
    const EventQuery newest{.limit = 1, .newest_first = true};
    check_json(run(store.list_events("room", newest)).at(0), wanted);
}

}  // namespace

TEST_CASE("unknown members of an event are kept at every level", "[round_trip][events]") {
    const auto store = store_with_room();
    std::int64_t index = 0;
    for (const auto& contents : {full_contents(), minimal_contents()}) {
        for (const auto& content : contents) {
            CAPTURE(content.type());
            Json json = event_of_the_future(content, "event " + std::to_string(index));
            json["index"] = index++;
            const auto event = json.get<RoomEvent>();
            check_json(run(store->add_event_auto_index("room", event)), json);
            check_event(*store, json);
            check_json(run(store->add_event_auto_index("room", event)), json);
        }
    }
}

TEST_CASE("unknown members of an event are kept by imports, batches and updates",
          "[round_trip][events]") {
    const auto store = store_with_room();
    Json imported = event_of_the_future(full_tool_call(), "imported");
    imported["index"] = 7;
    check_json(run(store->add_event(imported.get<RoomEvent>())), imported);
    check_event(*store, imported);

    Json first = event_of_the_future(TextContent{.body = "first"}, "first");
    first["index"] = 8;
    Json second = event_of_the_future(full_edit(), "second");
    second["index"] = 9;
    const std::vector batch{first.get<RoomEvent>(), second.get<RoomEvent>()};
    const auto stored = run(store->append_events("room", batch));
    REQUIRE(stored.size() == 2);
    check_json(stored[0], first);
    check_json(stored[1], second);
    check_event(*store, second);

    auto event = run(store->get_event("room", "second")).value();
    event.status = EventStatus::delivered;
    second["status"] = "delivered";
    check_json(run(store->update_event(event)), second);
    check_event(*store, second);

    const auto plain = make_event({.id = "second", .index = 9});
    auto without = plain;
    without.idempotency_key = "second";
    without.created_at = event.created_at;
    run(store->update_event(without));
    CHECK(run(store->get_event("room", "second")) == without);
}

TEST_CASE("unknown members of a binding are kept", "[round_trip][bindings]") {
    const auto store = store_with_room();
    Json json = full_binding();
    for (const char* place : {"capabilities", "rate_limit", "retry_policy"}) {
        add_members(json[place]);
    }
    check_json(run(store->add_binding(json.get<ChannelBinding>())), json);
    check_json(run(store->get_binding("room", "channel")).value(), json);
    check_json(run(store->list_bindings("room")).at(0), json);
    check_json(run(store->load_room_context("room")).bindings.at(0), json);

    auto binding = run(store->get_binding("room", "channel")).value();
    binding.muted = false;
    json["muted"] = false;
    check_json(run(store->update_binding(binding)), json);
    check_json(run(store->get_binding("room", "channel")).value(), json);

    const ChannelBinding fresh{.channel_id = "fresh", .room_id = "room", .channel_type = "cli"};
    json = fresh;
    json["rate_limit"] = RateLimit{};
    json["retry_policy"] = RetryPolicy{};
    for (const char* place : {"capabilities", "rate_limit", "retry_policy"}) {
        json[place]["future"] = 1;
    }
    run(store->add_binding(json.get<ChannelBinding>()));
    check_json(run(store->get_binding("room", "fresh")).value(), json);
}

TEST_CASE("unknown members survive closing and reopening a durable store", "[round_trip]") {
    auto store = store_with_room();
    Json event = event_of_the_future(full_composite(), "event");
    event["index"] = 0;
    run(store->add_event_auto_index("room", event.get<RoomEvent>()));
    run(store->close());
    if (const auto again = reopened(*store)) check_event(*again, event);
}

}  // namespace roomstore::contract
