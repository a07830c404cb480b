#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

#include <catch2/catch_test_macros.hpp>

#include "roomstore/detail/validate.hpp"
#include "support/populated.hpp"
#include "unit/refusal.hpp"

using namespace roomstore;
using namespace roomstore::test;

namespace {

RoomEvent event_with(EventContent content) {
    return {.id = "e",
            .room_id = "r",
            .source = {.channel_id = "c", .channel_type = "sms"},
            .content = std::move(content)};
}

std::string check(EventContent content) {
    const detail::Validator validator;
    return refusal([&] { validator.add_event(event_with(std::move(content))); });
}

EventContent edit_of(EventContent content) {
    return EditContent{.target_event_id = "t", .new_content = std::move(content)};
}

EventContent composite_of(EventContent content) {
    return CompositeContent{.parts = {std::move(content)}};
}

template <typename Wrap>
EventContent wrapped(EventContent content, int times, Wrap wrap) {
    for (int i = 0; i < times; ++i) content = wrap(std::move(content));
    return content;
}

/// `levels` nested arrays; built without recursion.
Json nested_array(int levels) {
    Json value = Json::array();
    for (int i = 1; i < levels; ++i) {
        Json outer = Json::array();
        outer.push_back(std::move(value));
        value = std::move(outer);
    }
    return value;
}

Json nested_object(int levels) {
    Json value = Json::object();
    for (int i = 1; i < levels; ++i) {
        Json outer = Json::object();
        outer["k"] = std::move(value);
        value = std::move(outer);
    }
    return value;
}

bool is_too_deep(const std::string& refused, const std::string& path) {
    return refused.starts_with(path) && refused.ends_with(": nested more than 128 deep");
}

}  // namespace

TEST_CASE("every content type is accepted, with all fields and with required fields only") {
    for (const auto& content : full_contents()) CHECK(check(content).empty());
    for (const auto& content : minimal_contents()) CHECK(check(content).empty());
}

TEST_CASE("coordinates are within their bounds") {
    const auto at = [](double latitude, double longitude) {
        return check(LocationContent{.latitude = latitude, .longitude = longitude});
    };
    CHECK(at(-90, -180).empty());
    CHECK(at(90, 180).empty());
    CHECK(at(90.5, 0) == "RoomEvent.content.latitude: 90.5, must be at most 90");
    CHECK(at(-91, 0) == "RoomEvent.content.latitude: -91, must be at least -90");
    CHECK(at(0, 180.25) == "RoomEvent.content.longitude: 180.25, must be at most 180");
    CHECK(at(0, -181) == "RoomEvent.content.longitude: -181, must be at least -180");
    CHECK(at(NAN, 0) == "RoomEvent.content.latitude: nan, must be finite");
    CHECK(at(0, -INFINITY) == "RoomEvent.content.longitude: -inf, must be finite");
}

TEST_CASE("URLs begin with an allowed scheme") {
    const std::string wanted = "must begin with http://, https:// or data:";
    const auto media = [](std::string url) {
        return check(MediaContent{.url = std::move(url), .mime_type = "image/png"});
    };
    CHECK(media("http://a").empty());
    CHECK(media("https://a").empty());
    CHECK(media("data:,a").empty());
    CHECK(media("ftp://a") == "RoomEvent.content.url: " + wanted);
    CHECK(media("javascript:alert(1)") == "RoomEvent.content.url: " + wanted);
    CHECK(media("") == "RoomEvent.content.url: " + wanted);
    CHECK(media(" http://a") == "RoomEvent.content.url: " + wanted);
    CHECK(check(AudioContent{.url = "a.ogg"}) == "RoomEvent.content.url: " + wanted);
    CHECK(check(VideoContent{.url = "a.mp4"}) == "RoomEvent.content.url: " + wanted);
    CHECK(check(VideoContent{.url = "data:,a", .thumbnail_url = "b"}) ==
          "RoomEvent.content.thumbnail_url: " + wanted);
}

TEST_CASE("sizes and durations are not negative") {
    CHECK(check(MediaContent{.url = "data:,", .size_bytes = -1}) ==
          "RoomEvent.content.size_bytes: -1, must be at least 0");
    CHECK(check(MediaContent{.url = "data:,", .size_bytes = 0}).empty());
    CHECK(check(AudioContent{.url = "data:,", .duration_seconds = -0.5}) ==
          "RoomEvent.content.duration_seconds: -0.5, must be at least 0");
    CHECK(check(VideoContent{.url = "data:,", .duration_seconds = INFINITY}) ==
          "RoomEvent.content.duration_seconds: inf, must be finite");
}

TEST_CASE("enumerations in contents accept only their enumerators") {
    CHECK(check(RichContent{.format = static_cast<RichFormat>(2)}) ==
          "RoomEvent.content.format: 2 is not a value of the enumeration");
    CHECK(check(DeleteContent{.target_event_id = "t", .delete_type = static_cast<DeleteType>(3)}) ==
          "RoomEvent.content.delete_type: 3 is not a value of the enumeration");
    CHECK(check(ToolCallContent{.status = static_cast<ToolCallStatus>(3)}) ==
          "RoomEvent.content.status: 3 is not a value of the enumeration");
}

TEST_CASE("JSON in contents has the type that its field requires") {
    CHECK(check(RichContent{.buttons = {Json::object(), 1}}) ==
          "RoomEvent.content.buttons/1: must be a JSON object, is number");
    CHECK(check(RichContent{.cards = {nullptr}}) ==
          "RoomEvent.content.cards/0: must be a JSON object, is null");
    CHECK(check(ToolCallContent{.structured_content = Json::array()}) ==
          "RoomEvent.content.structured_content: must be a JSON object, is array");
    CHECK(check(ToolCallContent{.result = "anything"}).empty());
}

TEST_CASE("a composite must have parts") {
    CHECK(check(CompositeContent{}) == "RoomEvent.content.parts: empty");
    CHECK(check(composite_of(CompositeContent{})) == "RoomEvent.content.parts/0.parts: empty");
    CHECK(check(CompositeContent{.parts = {TextContent{}, LocationContent{.latitude = 91}}}) ==
          "RoomEvent.content.parts/1.latitude: 91, must be at most 90");
}

TEST_CASE("composites nest at most five deep, including those within edits") {
    CHECK(check(wrapped(TextContent{}, 5, composite_of)).empty());
    CHECK(check(wrapped(TextContent{}, 6, composite_of)) ==
          "RoomEvent.content.parts/0.parts/0.parts/0.parts/0.parts/0: composites nested more than "
          "5 deep");
    const auto edited_composite = [](EventContent content) {
        return edit_of(composite_of(std::move(content)));
    };
    CHECK(check(wrapped(TextContent{}, 5, edited_composite)).empty());
    CHECK(check(wrapped(TextContent{}, 6, edited_composite))
              .ends_with(": composites nested more than 5 deep"));
    // Sibling composites do not count as nesting.
    CompositeContent many;
    for (int i = 0; i < 20; ++i) many.parts.push_back(composite_of(TextContent{}));
    CHECK(check(many).empty());
}

TEST_CASE("contents nest at most 128 deep, including their JSON") {
    CHECK(check(wrapped(TextContent{}, 127, edit_of)).empty());
    CHECK(
        is_too_deep(check(wrapped(TextContent{}, 128, edit_of)), "RoomEvent.content.new_content"));
    // The content itself counts as one level.
    CHECK(check(SystemContent{.data = nested_object(127)}).empty());
    CHECK(is_too_deep(check(SystemContent{.data = nested_object(128)}), "RoomEvent.content.data"));
    CHECK(check(edit_of(SystemContent{.data = nested_object(126)})).empty());
    CHECK(is_too_deep(check(edit_of(SystemContent{.data = nested_object(127)})),
                      "RoomEvent.content.new_content.data"));
    // So does the list of buttons.
    CHECK(check(RichContent{.buttons = {nested_object(126)}}).empty());
    CHECK(is_too_deep(check(RichContent{.buttons = {nested_object(127)}}),
                      "RoomEvent.content.buttons/0"));
    Json raw = nested_object(128);
    raw["type"] = "unheard";
    CHECK(check(UnknownContent{.raw = raw}).empty());
    raw = nested_object(129);
    raw["type"] = "unheard";
    CHECK(is_too_deep(check(UnknownContent{.raw = raw}), "RoomEvent.content/k"));
}

TEST_CASE("JSON nests at most 128 deep") {
    const detail::Validator validator;
    Room room{.id = "r", .metadata = nested_object(128)};
    CHECK(refusal([&] { validator.create_room(room); }).empty());
    room.metadata = nested_object(129);
    CHECK(is_too_deep(refusal([&] { validator.create_room(room); }), "Room.metadata/k"));
    room.metadata = {{"list", nested_array(127)}};
    CHECK(refusal([&] { validator.create_room(room); }).empty());
    room.metadata = {{"list", nested_array(128)}};
    CHECK(is_too_deep(refusal([&] { validator.create_room(room); }), "Room.metadata/list/0"));
}

TEST_CASE("nesting of any depth is refused without exhausting the stack") {
    const detail::Validator validator;
    RoomEvent event = event_with(TextContent{});
    event.metadata = nested_object(1'000'000);
    CHECK(is_too_deep(refusal([&] { validator.add_event(event); }), "RoomEvent.metadata/k"));
    RoomEvent edits = event_with(wrapped(TextContent{}, 1000, edit_of));
    CHECK(is_too_deep(refusal([&] { validator.add_event(edits); }), "RoomEvent.content"));
}

TEST_CASE("an unknown content is an object with an unknown type") {
    CHECK(check(UnknownContent{.raw = {{"type", "poll"}, {"options", {1, 2}}}}).empty());
    CHECK(check(UnknownContent{}) == "RoomEvent.content/type: missing");
    CHECK(check(UnknownContent{.raw = nullptr}) ==
          "RoomEvent.content: must be a JSON object, is null");
    CHECK(check(UnknownContent{.raw = {{"type", 1}}}) ==
          "RoomEvent.content/type: must be a string, is number");
    CHECK(check(UnknownContent{.raw = {{"type", ""}}}) == "RoomEvent.content/type: empty");
    CHECK(check(UnknownContent{.raw = {{"type", "text"}}}) ==
          "RoomEvent.content/type: 'text' has a content type of its own");
    CHECK(check(UnknownContent{.raw = {{"type", "a\xFF"}}}) ==
          "RoomEvent.content/type: invalid UTF-8 at byte 1");
}

TEST_CASE("JSON may hold only text, finite numbers, booleans, null, objects and arrays") {
    const auto with = [](Json value) {
        return check(SystemContent{.data = {{"k", std::move(value)}}});
    };
    CHECK(with(full_json()).empty());
    CHECK(with(INFINITY) == "RoomEvent.content.data/k: inf, must be finite");
    CHECK(with(Json::binary({1, 2})) == "RoomEvent.content.data/k: not a JSON value: binary");
    CHECK(with(Json(Json::value_t::discarded)) ==
          "RoomEvent.content.data/k: not a JSON value: discarded");
    CHECK(with({{"a\xFF", 1}}) == "RoomEvent.content.data/k: invalid UTF-8 at byte 1 of a key");
    CHECK(with({{std::string("\0", 1), 1}}) == "RoomEvent.content.data/k: NUL at byte 0 of a key");
    CHECK(check(TemplateContent{.parameters = {{"\xFF", ""}}}) ==
          "RoomEvent.content.parameters: invalid UTF-8 at byte 0 of a key");
}
