#include <string>
#include <utility>
#include <variant>

#include "fuzz/expect.hpp"
#include "fuzz/rules.hpp"
#include "roomstore/model/json.hpp"

namespace roomstore::fuzz {

namespace {

/// The rules of one content, including the contents inside it.
class ContentRules {
public:
    ContentRules(Rules& rules, int composites) : rules_(rules), composites_(composites) {
        rules_.element();
    }

    void operator()(const TextContent& content) {
        rules_.text("text.body", content.body);
        text(rules_, "text.language", content.language);
        unknown_members(content);
    }
    void operator()(const RichContent& content) {
        rules_.text("rich.body", content.body);
        rules_.closed("rich.format", content.format);
        text(rules_, "rich.plain_text", content.plain_text);
        objects(rules_, "rich.buttons", content.buttons);
        objects(rules_, "rich.cards", content.cards);
        texts(rules_, "rich.quick_replies", content.quick_replies);
        unknown_members(content);
    }
    void operator()(const MediaContent& content) {
        rules_.url("media.url", content.url);
        rules_.text("media.mime_type", content.mime_type);
        text(rules_, "media.filename", content.filename);
        at_least(rules_, 0, "media.size_bytes", content.size_bytes);
        text(rules_, "media.caption", content.caption);
        unknown_members(content);
    }
    void operator()(const LocationContent& content) {
        rules_.real("location.latitude", content.latitude, -90, 90);
        rules_.real("location.longitude", content.longitude, -180, 180);
        text(rules_, "location.label", content.label);
        text(rules_, "location.address", content.address);
        unknown_members(content);
    }
    void operator()(const AudioContent& content) {
        rules_.url("audio.url", content.url);
        rules_.text("audio.mime_type", content.mime_type);
        duration(rules_, "audio.duration_seconds", content.duration_seconds);
        text(rules_, "audio.transcript", content.transcript);
        unknown_members(content);
    }
    void operator()(const VideoContent& content) {
        rules_.url("video.url", content.url);
        rules_.text("video.mime_type", content.mime_type);
        duration(rules_, "video.duration_seconds", content.duration_seconds);
        if_present(content.thumbnail_url,
                   [&](const auto& url) { rules_.url("video.thumbnail_url", url); });
        unknown_members(content);
    }
    void operator()(const CompositeContent& content) {
        expect(!content.parts.empty(), "composite.parts has parts");
        expect(composites_ < 5, "composites nest at most five deep");
        for (const EventContent& part : content.parts) {
            rules_.element();
            std::visit(ContentRules(rules_, composites_ + 1), part.variant());
        }
        unknown_members(content);
    }
    void operator()(const SystemContent& content) {
        rules_.text("system.body", content.body);
        text(rules_, "system.code", content.code);
        rules_.object("system.data", content.data);
        unknown_members(content);
    }
    void operator()(const TemplateContent& content) {
        rules_.text("template.template_id", content.template_id);
        rules_.text("template.language", content.language);
        texts(rules_, "template.parameters", content.parameters);
        text(rules_, "template.body", content.body);
        unknown_members(content);
    }
    void operator()(const EditContent& content) {
        rules_.id("edit.target_event_id", content.target_event_id);
        std::visit(ContentRules(rules_, composites_), content.new_content->variant());
        text(rules_, "edit.edit_source", content.edit_source);
        unknown_members(content);
    }
    void operator()(const DeleteContent& content) {
        rules_.id("delete.target_event_id", content.target_event_id);
        rules_.closed("delete.delete_type", content.delete_type);
        text(rules_, "delete.reason", content.reason);
        unknown_members(content);
    }
    void operator()(const ToolCallContent& content) {
        rules_.text("tool_call.tool_name", content.tool_name);
        rules_.text("tool_call.tool_id", content.tool_id);
        rules_.object("tool_call.arguments", content.arguments);
        rules_.json("tool_call.result", content.result);
        rules_.closed("tool_call.status", content.status);
        text(rules_, "tool_call.error", content.error);
        if_present(content.structured_content, [&](const auto& value) {
            rules_.object("tool_call.structured_content", value);
        });
        unknown_members(content);
    }
    void operator()(const UnknownContent& content) {
        rules_.object("unknown content", content.raw);
        const auto tag = content.raw.find("type");
        expect(tag != content.raw.end() && tag->is_string(), "an unknown content has a type");
        expect(*tag != "" && !naive::content_types.contains(tag->get<std::string>()),
               "the type of an unknown content is not a known one");
    }

private:
    template <typename Content>
    void unknown_members(Content content) {
        const UnknownMembers values = std::exchange(content.unknown_members, {});
        if (values.empty()) return;
        members(rules_, "unknown_members", values, Json(EventContent(std::move(content))));
    }

    Rules& rules_;
    int composites_;
};

}  // namespace

void expect_content(Rules& rules, const EventContent& content) {
    std::visit(ContentRules(rules, 0), content.variant());
    expect(naive::depth(Json(content)) <= 128, "contents nest at most 128 deep");
}

}  // namespace roomstore::fuzz
