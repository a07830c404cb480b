#pragma once

#include <concepts>
#include <string_view>

#include "roomstore/detail/fields.hpp"
#include "roomstore/model/content.hpp"

/// Field descriptions of the event contents. Their tag, `type`, is not a field.
namespace roomstore::detail {

template <Is<TextContent> T, typename Field>
void visit_fields(T& text, Field&& field) {
    field(required("body"), text.body, rule::any);
    field("language", text.language, rule::any);
    field("unknown_members", text.unknown_members, rule::members);
}

template <Is<RichContent> T, typename Field>
void visit_fields(T& rich, Field&& field) {
    field(required("body"), rich.body, rule::any);
    field("format", rich.format, rule::any);
    field("plain_text", rich.plain_text, rule::any);
    field("buttons", rich.buttons, rule::object);
    field("cards", rich.cards, rule::object);
    field("quick_replies", rich.quick_replies, rule::any);
    field("unknown_members", rich.unknown_members, rule::members);
}

template <Is<MediaContent> T, typename Field>
void visit_fields(T& media, Field&& field) {
    field(required("url"), media.url, rule::url);
    field(required("mime_type"), media.mime_type, rule::any);
    field("filename", media.filename, rule::any);
    field("size_bytes", media.size_bytes, rule::not_negative);
    field("caption", media.caption, rule::any);
    field("unknown_members", media.unknown_members, rule::members);
}

template <Is<LocationContent> T, typename Field>
void visit_fields(T& location, Field&& field) {
    field(required("latitude"), location.latitude, rule::Range{-90, 90});
    field(required("longitude"), location.longitude, rule::Range{-180, 180});
    field("label", location.label, rule::any);
    field("address", location.address, rule::any);
    field("unknown_members", location.unknown_members, rule::members);
}

template <Is<AudioContent> T, typename Field>
void visit_fields(T& audio, Field&& field) {
    field(required("url"), audio.url, rule::url);
    field("mime_type", audio.mime_type, rule::any);
    field("duration_seconds", audio.duration_seconds, rule::real_not_negative);
    field("transcript", audio.transcript, rule::any);
    field("unknown_members", audio.unknown_members, rule::members);
}

template <Is<VideoContent> T, typename Field>
void visit_fields(T& video, Field&& field) {
    field(required("url"), video.url, rule::url);
    field("mime_type", video.mime_type, rule::any);
    field("duration_seconds", video.duration_seconds, rule::real_not_negative);
    field("thumbnail_url", video.thumbnail_url, rule::url);
    field("unknown_members", video.unknown_members, rule::members);
}

template <Is<CompositeContent> T, typename Field>
void visit_fields(T& composite, Field&& field) {
    field(required("parts"), composite.parts, rule::any);
    field("unknown_members", composite.unknown_members, rule::members);
}

template <Is<SystemContent> T, typename Field>
void visit_fields(T& system, Field&& field) {
    field(required("body"), system.body, rule::any);
    field("code", system.code, rule::any);
    field("data", system.data, rule::object);
    field("unknown_members", system.unknown_members, rule::members);
}

template <Is<TemplateContent> T, typename Field>
void visit_fields(T& content, Field&& field) {
    field(required("template_id"), content.template_id, rule::any);
    field("language", content.language, rule::any);
    field("parameters", content.parameters, rule::any);
    field("body", content.body, rule::any);
    field("unknown_members", content.unknown_members, rule::members);
}

template <Is<EditContent> T, typename Field>
void visit_fields(T& edit, Field&& field) {
    field(required("target_event_id"), edit.target_event_id, rule::id);
    field(required("new_content"), edit.new_content, rule::any);
    field("edit_source", edit.edit_source, rule::any);
    field("unknown_members", edit.unknown_members, rule::members);
}

template <Is<DeleteContent> T, typename Field>
void visit_fields(T& content, Field&& field) {
    field(required("target_event_id"), content.target_event_id, rule::id);
    field("delete_type", content.delete_type, rule::any);
    field("reason", content.reason, rule::any);
    field("unknown_members", content.unknown_members, rule::members);
}

template <Is<ToolCallContent> T, typename Field>
void visit_fields(T& call, Field&& field) {
    field(required("tool_name"), call.tool_name, rule::any);
    field(required("tool_id"), call.tool_id, rule::any);
    field("arguments", call.arguments, rule::object);
    field("result", call.result, rule::any);
    field("status", call.status, rule::any);
    field("duration_ms", call.duration_ms, rule::any);
    field("error", call.error, rule::any);
    field("structured_content", call.structured_content, rule::object);
    field("unknown_members", call.unknown_members, rule::members);
}

/// Whether the JSON of `Model` has a `type` in addition to the fields.
template <typename Model>
inline constexpr bool is_tagged = requires { Model::tag; };

/// Whether `name` is the name of a field of `model`, or of its tag.
template <typename Model>
bool is_field(const Model& model, std::string_view name) {
    bool found = is_tagged<Model> && name == "type";
    visit_fields(model, [&]<typename Rule>(FieldName field, const auto&, const Rule&) {
        if constexpr (!std::same_as<Rule, rule::Members>) found = found || name == field.name;
    });
    return found;
}

}  // namespace roomstore::detail
