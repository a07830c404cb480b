#pragma once

#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "roomstore/model/box.hpp"
#include "roomstore/model/enums.hpp"
#include "roomstore/model/json_value.hpp"

namespace roomstore {

class EventContent;

/// Plain text.
struct TextContent {
    static constexpr std::string_view tag = "text";
    std::string body{};
    /// Language tag, as in RFC 5646.
    std::optional<std::string> language{};
    bool operator==(const TextContent&) const = default;
};

/// Formatted text with optional controls.
struct RichContent {
    static constexpr std::string_view tag = "rich";
    std::string body{};
    RichFormat format = RichFormat::markdown;
    std::optional<std::string> plain_text{};
    /// JSON objects, shaped by the application.
    std::vector<Json> buttons{};
    /// JSON objects, shaped by the application.
    std::vector<Json> cards{};
    std::vector<std::string> quick_replies{};
    bool operator==(const RichContent&) const = default;
};

/// An attachment by reference. `url` begins with `http://`, `https://` or `data:`.
struct MediaContent {
    static constexpr std::string_view tag = "media";
    std::string url{};
    std::string mime_type{};
    std::optional<std::string> filename{};
    /// Bytes, >= 0.
    std::optional<std::int64_t> size_bytes{};
    std::optional<std::string> caption{};
    bool operator==(const MediaContent&) const = default;
};

/// A place on earth, WGS 84.
struct LocationContent {
    static constexpr std::string_view tag = "location";
    /// Degrees, -90 .. 90.
    double latitude = 0;
    /// Degrees, -180 .. 180.
    double longitude = 0;
    std::optional<std::string> label{};
    std::optional<std::string> address{};
    bool operator==(const LocationContent&) const = default;
};

/// A recording. `url` begins with `http://`, `https://` or `data:`.
struct AudioContent {
    static constexpr std::string_view tag = "audio";
    std::string url{};
    std::string mime_type = "audio/ogg";
    /// Seconds, >= 0.
    std::optional<double> duration_seconds{};
    std::optional<std::string> transcript{};
    bool operator==(const AudioContent&) const = default;
};

/// A film. `url` and `thumbnail_url` begin with `http://`, `https://` or `data:`.
struct VideoContent {
    static constexpr std::string_view tag = "video";
    std::string url{};
    std::string mime_type = "video/mp4";
    /// Seconds, >= 0.
    std::optional<double> duration_seconds{};
    std::optional<std::string> thumbnail_url{};
    bool operator==(const VideoContent&) const = default;
};

/// Several contents in one event: at least one part, composites nested at most five deep.
struct CompositeContent {
    static constexpr std::string_view tag = "composite";
    std::vector<EventContent> parts;
    friend bool operator==(const CompositeContent& a, const CompositeContent& b);
};

/// Text by the system, not by a person.
struct SystemContent {
    static constexpr std::string_view tag = "system";
    std::string body{};
    std::optional<std::string> code{};
    /// A JSON object.
    Json data = Json::object();
    bool operator==(const SystemContent&) const = default;
};

/// A message made from a template that the provider knows.
struct TemplateContent {
    static constexpr std::string_view tag = "template";
    std::string template_id{};
    std::string language = "en";
    std::map<std::string, std::string> parameters{};
    std::optional<std::string> body{};
    bool operator==(const TemplateContent&) const = default;
};

/// New content for an earlier event.
struct EditContent {
    static constexpr std::string_view tag = "edit";
    std::string target_event_id{};
    Box<EventContent> new_content{};
    std::optional<std::string> edit_source{};
    friend bool operator==(const EditContent& a, const EditContent& b);
};

/// Withdrawal of an earlier event.
struct DeleteContent {
    static constexpr std::string_view tag = "delete";
    std::string target_event_id{};
    DeleteType delete_type = DeleteType::sender;
    std::optional<std::string> reason{};
    bool operator==(const DeleteContent&) const = default;
};

/// A tool call of an agent, at its start or at its end.
struct ToolCallContent {
    static constexpr std::string_view tag = "tool_call";
    std::string tool_name{};
    std::string tool_id{};
    /// A JSON object.
    Json arguments = Json::object();
    /// Any JSON value.
    Json result = nullptr;
    ToolCallStatus status = ToolCallStatus::pending;
    /// Milliseconds.
    std::optional<std::int64_t> duration_ms{};
    std::optional<std::string> error{};
    /// A JSON object, where present.
    std::optional<Json> structured_content{};
    bool operator==(const ToolCallContent&) const = default;
};

/// A content whose tag this build does not know: kept as it came and written back unchanged.
struct UnknownContent {
    /// A JSON object whose `type` is a string other than the tags above.
    Json raw = Json::object();
    bool operator==(const UnknownContent&) const = default;
};

namespace detail {

template <typename T, typename Variant>
struct OneOfVariant;

template <typename T, typename... Contents>
struct OneOfVariant<T, std::variant<Contents...>>
    : std::bool_constant<(std::same_as<T, Contents> || ...)> {};

}  // namespace detail

/// What an event says: one of the contents above, told apart in JSON by its `type`.
class EventContent {
public:
    using Variant = std::variant<TextContent,
                                 RichContent,
                                 MediaContent,
                                 LocationContent,
                                 AudioContent,
                                 VideoContent,
                                 CompositeContent,
                                 SystemContent,
                                 TemplateContent,
                                 EditContent,
                                 DeleteContent,
                                 ToolCallContent,
                                 UnknownContent>;

    /// Empty text.
    EventContent() = default;

    template <typename T>
        requires detail::OneOfVariant<std::remove_cvref_t<T>, Variant>::value
    EventContent(T&& content) : variant_(std::forward<T>(content)) {}

    /// The tag, as in JSON.
    std::string_view type() const;

    /// The content if it is a `T`, else null.
    template <typename T>
    const T* get_if() const noexcept {
        return std::get_if<T>(&variant_);
    }
    template <typename T>
    T* get_if() noexcept {
        return std::get_if<T>(&variant_);
    }

    const Variant& variant() const noexcept { return variant_; }
    Variant& variant() noexcept { return variant_; }

    friend bool operator==(const EventContent& a, const EventContent& b) {
        return a.variant_ == b.variant_;
    }

private:
    Variant variant_;
};

inline bool operator==(const CompositeContent& a, const CompositeContent& b) {
    return a.parts == b.parts;
}

inline bool operator==(const EditContent& a, const EditContent& b) {
    return a.target_event_id == b.target_event_id && *a.new_content == *b.new_content &&
           a.edit_source == b.edit_source;
}

inline std::string_view EventContent::type() const {
    return std::visit(
        [](const auto& content) -> std::string_view {
            using Content = std::remove_cvref_t<decltype(content)>;
            if constexpr (std::same_as<Content, UnknownContent>) {
                const auto tag = content.raw.find("type");
                if (tag == content.raw.end() || !tag->is_string()) return {};
                return tag->template get_ref<const std::string&>();
            } else {
                return Content::tag;
            }
        },
        variant_);
}

namespace detail {

template <typename Variant>
struct KnownTags;

template <typename... Contents>
struct KnownTags<std::variant<Contents...>> {
    template <typename Content>
    static constexpr bool has_tag(std::string_view tag) {
        if constexpr (std::same_as<Content, UnknownContent>) {
            return false;
        } else {
            return Content::tag == tag;
        }
    }
    static constexpr bool contain(std::string_view tag) { return (has_tag<Contents>(tag) || ...); }
};

/// Whether this build has a type of its own for contents tagged `tag`.
constexpr bool is_known_content_tag(std::string_view tag) {
    return KnownTags<EventContent::Variant>::contain(tag);
}

}  // namespace detail

}  // namespace roomstore
