#include <cstdint>
#include <limits>

#include "support/populated.hpp"

namespace roomstore::test {

TextContent full_text() {
    return {
        .body = "good morning", .language = "en-GB", .unknown_members = members_of_the_future()};
}

RichContent full_rich() {
    return {.body = "<b>good</b> morning",
            .format = RichFormat::html,
            .plain_text = "good morning",
            .buttons = {full_json(), Json::object()},
            .cards = {Json::object({{"title", "card"}})},
            .quick_replies = {"yes", "no", ""},
            .unknown_members = members_of_the_future()};
}

MediaContent full_media() {
    return {.url = "https://example.org/a.png",
            .mime_type = "image/png",
            .filename = "a.png",
            .size_bytes = std::numeric_limits<std::int64_t>::max(),
            .caption = "a picture",
            .unknown_members = members_of_the_future()};
}

LocationContent full_location() {
    return {.latitude = -33.85678901234567,
            .longitude = 151.21529301234568,
            .label = "Opera House",
            .address = "Bennelong Point",
            .unknown_members = members_of_the_future()};
}

AudioContent full_audio() {
    return {.url = "http://example.org/a.mp3",
            .mime_type = "audio/mpeg",
            .duration_seconds = 0.1,
            .transcript = "good morning",
            .unknown_members = members_of_the_future()};
}

VideoContent full_video() {
    return {.url = "https://example.org/a.webm",
            .mime_type = "video/webm",
            .duration_seconds = 1.0 / 3,
            .thumbnail_url = "data:image/png;base64,iVBORw0KGgo=",
            .unknown_members = members_of_the_future()};
}

SystemContent full_system() {
    return {.body = "Ada joined",
            .code = "joined",
            .data = full_json(),
            .unknown_members = members_of_the_future()};
}

TemplateContent full_template() {
    return {.template_id = "welcome",
            .language = "de",
            .parameters = {{"name", "Ada"}, {"", "empty key"}, {"empty value", ""}},
            .body = "Willkommen, {name}",
            .unknown_members = members_of_the_future()};
}

EditContent full_edit() {
    return {.target_event_id = "target",
            .new_content = full_rich(),
            .edit_source = "sender",
            .unknown_members = members_of_the_future()};
}

DeleteContent full_delete() {
    return {.target_event_id = "target",
            .delete_type = DeleteType::admin,
            .reason = "spam",
            .unknown_members = members_of_the_future()};
}

ToolCallContent full_tool_call() {
    return {.tool_name = "search",
            .tool_id = "call 1",
            .arguments = full_json(),
            .result = Json::array({1, "two", nullptr, full_json()}),
            .status = ToolCallStatus::failed,
            .duration_ms = std::numeric_limits<std::int64_t>::max(),
            .error = "no result",
            .structured_content = full_json(),
            .unknown_members = members_of_the_future()};
}

CompositeContent full_composite() {
    return {.parts = {full_text(),
                      full_rich(),
                      full_media(),
                      full_location(),
                      full_audio(),
                      full_video(),
                      CompositeContent{.parts = {full_text(), full_unknown()}},
                      full_system(),
                      full_template(),
                      full_edit(),
                      full_delete(),
                      full_tool_call()},
            .unknown_members = members_of_the_future()};
}

UnknownContent full_unknown() {
    Json raw = full_json();
    raw["type"] = "hologram";
    return {.raw = std::move(raw)};
}

std::vector<EventContent> full_contents() {
    return {full_text(),
            full_rich(),
            full_media(),
            full_location(),
            full_audio(),
            full_video(),
            full_composite(),
            full_system(),
            full_template(),
            full_edit(),
            full_delete(),
            full_tool_call(),
            full_unknown()};
}

std::vector<EventContent> minimal_contents() {
    return {TextContent{},
            RichContent{},
            MediaContent{.url = "data:"},
            LocationContent{},
            AudioContent{.url = "http://"},
            VideoContent{.url = "https://"},
            CompositeContent{.parts = {TextContent{}}},
            SystemContent{},
            TemplateContent{},
            EditContent{.target_event_id = "e"},
            DeleteContent{.target_event_id = "e"},
            ToolCallContent{},
            UnknownContent{.raw = Json::object({{"type", "hologram"}})}};
}

}  // namespace roomstore::test
