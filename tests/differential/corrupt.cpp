#include "differential/corrupt.hpp"

namespace roomstore::differential {

namespace {

Json nested_json(int depth) {
    Json value = Json::object();
    for (int i = 1; i < depth; ++i) value = Json::object({{"a", std::move(value)}});
    return value;
}

EventContent nested_composite(int depth) {
    EventContent content = TextContent{"innermost"};
    for (int i = 0; i < depth; ++i) content = CompositeContent{.parts = {std::move(content)}};
    return content;
}

EventContent nested_edit(int depth) {
    EventContent content = TextContent{"innermost"};
    for (int i = 0; i < depth; ++i) {
        content = EditContent{.target_event_id = "e1", .new_content = std::move(content)};
    }
    return content;
}

}  // namespace

Json odd_json(std::uint64_t choice) {
    Json object = Json::object();
    switch (choice) {
        case 0:
            return Json::array();
        case 1:
            return nullptr;
        case 2:
            object["a"] = std::nan("");
            return object;
        case 3:
            object[std::string("a\0b", 3)] = 1;
            return object;
        case 4:
            object["\xff"] = 1;
            return object;
        case 5:
            object["a"] = std::string("\0", 1);
            return object;
        case 6:
            object["a"] = std::string(std::size_t{1} << 20, 'x');
            return object;
        case 7:
            return nested_json(129);
        case 8:
            return nested_json(128);
        default:
            return nested_json(120);
    }
}

EventContent odd_content(std::uint64_t choice) {
    Json raw = Json::object();
    switch (choice) {
        case 0:
            return CompositeContent{};
        case 1:
            return nested_composite(5);
        case 2:
            return nested_composite(6);
        case 3:
            return nested_edit(60);
        case 4:
            return nested_edit(130);
        case 5:
            return MediaContent{.url = "ftp://x", .mime_type = "a/b"};
        case 6:
            return VideoContent{.url = "data:", .thumbnail_url = ""};
        case 7:
            return AudioContent{.url = "https://x", .duration_seconds = -0.5};
        case 8:
            return LocationContent{.latitude = 90.5, .longitude = 0.0};
        case 9:
            return LocationContent{.latitude = -90.0, .longitude = 180.0};
        case 10:
            return UnknownContent{std::move(raw)};
        case 11:
            raw["type"] = "text";
            return UnknownContent{std::move(raw)};
        case 12:
            return UnknownContent{Json::array()};
        case 13:
            return EditContent{.target_event_id = std::string(256, 'x')};
        case 14:
            return ToolCallContent{.structured_content = Json::array()};
        default:
            return RichContent{.buttons = {Json("no object")}};
    }
}

std::string odd_text(std::uint64_t choice) {
    switch (choice) {
        case 0:
            return std::string("\0", 1);
        case 1:
            return std::string("a\0b", 3);
        case 2:
            return "\xc0\x80";
        case 3:
            return "\xed\xa0\x80";
        case 4:
            return "\xf4\x90\x80\x80";
        case 5:
            return "\xf5";
        case 6:
            return "cut \xe4\xb8";
        default:
            return "\xff";
    }
}

}  // namespace roomstore::differential
