#include <utility>

#include "support/fields.hpp"
#include "support/populated.hpp"

namespace roomstore::test {

using enum TextKind;

namespace {

/// The content of `event` as a `Content`; a content of another kind is first replaced by `make()`.
template <typename Content>
Content& as(RoomEvent& event, Content (*make)()) {
    if (event.content.get_if<Content>() == nullptr) event.content = make();
    return *event.content.get_if<Content>();
}

}  // namespace

#define TEXT(make, member, kind)                                                  \
    {"RoomEvent.content." #member, kind, [](RoomEvent& event, std::string text) { \
         as(event, make).member = std::move(text);                                \
     }}
#define URL(make, member)                                                         \
    {"RoomEvent.content." #member, free, [](RoomEvent& event, std::string text) { \
         as(event, make).member = "data:" + std::move(text);                      \
     }}
#define JSON(make, member) \
    {"RoomEvent.content." #member, [](RoomEvent& event) -> Json& { return as(event, make).member; }}

std::vector<TextField<RoomEvent>> content_text_fields() {
    return {TEXT(full_text, body, free),
            TEXT(full_text, language, free),
            TEXT(full_rich, body, free),
            TEXT(full_rich, plain_text, free),
            {"RoomEvent.content.quick_replies/0",
             free,
             [](RoomEvent& event, std::string text) {
                 as(event, full_rich).quick_replies = {std::move(text)};
             }},
            URL(full_media, url),
            TEXT(full_media, mime_type, free),
            TEXT(full_media, filename, free),
            TEXT(full_media, caption, free),
            TEXT(full_location, label, free),
            TEXT(full_location, address, free),
            URL(full_audio, url),
            TEXT(full_audio, mime_type, free),
            TEXT(full_audio, transcript, free),
            URL(full_video, url),
            TEXT(full_video, mime_type, free),
            URL(full_video, thumbnail_url),
            TEXT(full_system, body, free),
            TEXT(full_system, code, free),
            TEXT(full_template, template_id, free),
            TEXT(full_template, language, free),
            TEXT(full_template, body, free),
            {"RoomEvent.content.parameters/name",
             free,
             [](RoomEvent& event, std::string text) {
                 as(event, full_template).parameters["name"] = std::move(text);
             }},
            {"RoomEvent.content.parameters",
             free,
             [](RoomEvent& event, std::string text) {
                 as(event, full_template).parameters[std::move(text)] = "value";
             }},
            TEXT(full_edit, target_event_id, id),
            TEXT(full_edit, edit_source, free),
            {"RoomEvent.content.new_content.body",
             free,
             [](RoomEvent& event, std::string text) {
                 as(event, full_edit).new_content = TextContent{.body = std::move(text)};
             }},
            TEXT(full_delete, target_event_id, id),
            TEXT(full_delete, reason, free),
            TEXT(full_tool_call, tool_name, free),
            TEXT(full_tool_call, tool_id, free),
            TEXT(full_tool_call, error, free),
            {"RoomEvent.content.parts/1.body", free, [](RoomEvent& event, std::string text) {
                 event.content = CompositeContent{
                     .parts = {full_location(), TextContent{.body = std::move(text)}}};
             }}};
}

std::vector<JsonField<RoomEvent>> content_json_fields() {
    return {
        {"RoomEvent.content.buttons/0",
         [](RoomEvent& event) -> Json& { return as(event, full_rich).buttons.front(); }},
        {"RoomEvent.content.cards/0",
         [](RoomEvent& event) -> Json& { return as(event, full_rich).cards.front(); }},
        JSON(full_system, data),
        JSON(full_tool_call, arguments),
        {"RoomEvent.content.result",
         [](RoomEvent& event) -> Json& { return as(event, full_tool_call).result; },
         false},
        {"RoomEvent.content.structured_content",
         [](RoomEvent& event) -> Json& { return *as(event, full_tool_call).structured_content; }},
        {"RoomEvent.content/payload",
         [](RoomEvent& event) -> Json& { return as(event, full_unknown).raw["payload"]; },
         false}};
}

}  // namespace roomstore::test
