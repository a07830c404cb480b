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

#include "roomstore/model/await_guard.hpp"
#include "roomstore/model/box.hpp"
#include "roomstore/model/enums.hpp"
#include "roomstore/model/json_conversions.hpp"
#include "roomstore/model/json_value.hpp"
#include "roomstore/model/unknown_members.hpp"

namespace roomstore {

class EventContent;

namespace detail {
template <>
inline constexpr std::string_view model_name<EventContent> = "EventContent";
}  // namespace detail

/// Plain text.
/// @ingroup events
struct TextContent {
    /// The `type` of this content in JSON.
    static constexpr std::string_view tag = "text";
    /// The text; may be empty.
    std::string body{};
    /// Language tag, as in RFC 5646.
    std::optional<std::string> language{};
    /// JSON members for which this build has no field.
    UnknownMembers unknown_members{};
    ROOMSTORE_AWAIT_GUARD;
    /// Equal in every field.
    bool operator==(const TextContent&) const = default;
};

/// Formatted text with optional controls.
/// @ingroup events
struct RichContent {
    /// The `type` of this content in JSON.
    static constexpr std::string_view tag = "rich";
    /// The text with its markup; may be empty.
    std::string body{};
    /// The markup of `body`.
    RichFormat format = RichFormat::markdown;
    /// The text without markup, for channels that cannot display it.
    std::optional<std::string> plain_text{};
    /// JSON objects, shaped by the application.
    std::vector<Json> buttons{};
    /// JSON objects, shaped by the application.
    std::vector<Json> cards{};
    /// Suggested replies.
    std::vector<std::string> quick_replies{};
    /// JSON members for which this build has no field.
    UnknownMembers unknown_members{};
    ROOMSTORE_AWAIT_GUARD;
    /// Equal in every field.
    bool operator==(const RichContent&) const = default;
};

/// An attachment by reference. `url` begins with `http://`, `https://` or `data:`.
/// @ingroup events
struct MediaContent {
    /// The `type` of this content in JSON.
    static constexpr std::string_view tag = "media";
    /// Begins with `http://`, `https://` or `data:`.
    std::string url{};
    /// MIME type, such as `image/png`; not checked.
    std::string mime_type{};
    /// File name of the attachment.
    std::optional<std::string> filename{};
    /// Size in bytes, >= 0.
    std::optional<std::int64_t> size_bytes{};
    /// Caption.
    std::optional<std::string> caption{};
    /// JSON members for which this build has no field.
    UnknownMembers unknown_members{};
    ROOMSTORE_AWAIT_GUARD;
    /// Equal in every field.
    bool operator==(const MediaContent&) const = default;
};

/// A geographic location, WGS 84.
/// @ingroup events
struct LocationContent {
    /// The `type` of this content in JSON.
    static constexpr std::string_view tag = "location";
    /// Degrees, -90 .. 90.
    double latitude = 0;
    /// Degrees, -180 .. 180.
    double longitude = 0;
    /// Name of the place.
    std::optional<std::string> label{};
    /// Postal address.
    std::optional<std::string> address{};
    /// JSON members for which this build has no field.
    UnknownMembers unknown_members{};
    ROOMSTORE_AWAIT_GUARD;
    /// Equal in every field.
    bool operator==(const LocationContent&) const = default;
};

/// An audio recording. `url` begins with `http://`, `https://` or `data:`.
/// @ingroup events
struct AudioContent {
    /// The `type` of this content in JSON.
    static constexpr std::string_view tag = "audio";
    /// Begins with `http://`, `https://` or `data:`.
    std::string url{};
    /// MIME type, `audio/ogg` by default; not checked.
    std::string mime_type = "audio/ogg";
    /// Duration in seconds, >= 0.
    std::optional<double> duration_seconds{};
    /// Transcript of the recording.
    std::optional<std::string> transcript{};
    /// JSON members for which this build has no field.
    UnknownMembers unknown_members{};
    ROOMSTORE_AWAIT_GUARD;
    /// Equal in every field.
    bool operator==(const AudioContent&) const = default;
};

/// A video. `url` and `thumbnail_url` begin with `http://`, `https://` or `data:`.
/// @ingroup events
struct VideoContent {
    /// The `type` of this content in JSON.
    static constexpr std::string_view tag = "video";
    /// Begins with `http://`, `https://` or `data:`.
    std::string url{};
    /// MIME type, `video/mp4` by default; not checked.
    std::string mime_type = "video/mp4";
    /// Duration in seconds, >= 0.
    std::optional<double> duration_seconds{};
    /// Preview image. Begins with `http://`, `https://` or `data:`.
    std::optional<std::string> thumbnail_url{};
    /// JSON members for which this build has no field.
    UnknownMembers unknown_members{};
    ROOMSTORE_AWAIT_GUARD;
    /// Equal in every field.
    bool operator==(const VideoContent&) const = default;
};

/// Several contents in one event: at least one part, composites nested at most five deep.
/// @ingroup events
struct CompositeContent {
    /// The `type` of this content in JSON.
    static constexpr std::string_view tag = "composite";
    /// At least one part, in display order.
    std::vector<EventContent> parts;
    /// JSON members for which this build has no field.
    UnknownMembers unknown_members{};
    ROOMSTORE_AWAIT_GUARD;
    /// Equal in every field.
    friend bool operator==(const CompositeContent& a, const CompositeContent& b);
};

/// Text from the system, not from a person.
/// @ingroup events
struct SystemContent {
    /// The `type` of this content in JSON.
    static constexpr std::string_view tag = "system";
    /// Human-readable text; may be empty.
    std::string body{};
    /// Machine-readable code.
    std::optional<std::string> code{};
    /// A JSON object.
    Json data = Json::object();
    /// JSON members for which this build has no field.
    UnknownMembers unknown_members{};
    ROOMSTORE_AWAIT_GUARD;
    /// Equal in every field.
    bool operator==(const SystemContent&) const = default;
};

/// A message based on a template that is registered with the provider.
/// @ingroup events
struct TemplateContent {
    /// The `type` of this content in JSON.
    static constexpr std::string_view tag = "template";
    /// Id of the template at the provider.
    std::string template_id{};
    /// Language of the template, `en` by default.
    std::string language = "en";
    /// Parameter values by name.
    std::map<std::string, std::string> parameters{};
    /// The rendered text, if known.
    std::optional<std::string> body{};
    /// JSON members for which this build has no field.
    UnknownMembers unknown_members{};
    ROOMSTORE_AWAIT_GUARD;
    /// Equal in every field.
    bool operator==(const TemplateContent&) const = default;
};

/// New content for an earlier event.
/// @ingroup events
struct EditContent {
    /// The `type` of this content in JSON.
    static constexpr std::string_view tag = "edit";
    /// Id of the edited event, 1 to 255 bytes. It need not exist.
    std::string target_event_id{};
    /// The content that replaces the previous one.
    Box<EventContent> new_content{};
    /// Person or system that edited it.
    std::optional<std::string> edit_source{};
    /// JSON members for which this build has no field.
    UnknownMembers unknown_members{};
    ROOMSTORE_AWAIT_GUARD;
    /// Equal in every field; a moved-from `new_content` equals only another moved-from one.
    friend bool operator==(const EditContent& a, const EditContent& b);
};

/// Retraction of an earlier event.
/// @ingroup events
struct DeleteContent {
    /// The `type` of this content in JSON.
    static constexpr std::string_view tag = "delete";
    /// Id of the retracted event, 1 to 255 bytes. It need not exist.
    std::string target_event_id{};
    /// On whose behalf the event is retracted.
    DeleteType delete_type = DeleteType::sender;
    /// Human-readable reason.
    std::optional<std::string> reason{};
    /// JSON members for which this build has no field.
    UnknownMembers unknown_members{};
    ROOMSTORE_AWAIT_GUARD;
    /// Equal in every field.
    bool operator==(const DeleteContent&) const = default;
};

/// A tool call of an agent, at its start or its end.
/// @ingroup events
struct ToolCallContent {
    /// The `type` of this content in JSON.
    static constexpr std::string_view tag = "tool_call";
    /// Name of the tool.
    std::string tool_name{};
    /// Id of the call, the same at its start and its end.
    std::string tool_id{};
    /// Arguments of the call: a JSON object.
    Json arguments = Json::object();
    /// Result: any JSON value, null by default.
    Json result = nullptr;
    /// Progress of the call.
    ToolCallStatus status = ToolCallStatus::pending;
    /// Duration in milliseconds; any value.
    std::optional<std::int64_t> duration_ms{};
    /// Human-readable error message.
    std::optional<std::string> error{};
    /// A JSON object, if present.
    std::optional<Json> structured_content{};
    /// JSON members for which this build has no field.
    UnknownMembers unknown_members{};
    ROOMSTORE_AWAIT_GUARD;
    /// Equal in every field.
    bool operator==(const ToolCallContent&) const = default;
};

/// A content whose tag this build does not know. It is kept and written back unchanged.
/// @ingroup events
struct UnknownContent {
    /// A JSON object whose `type` is a string other than the tags above.
    Json raw = Json::object();
    ROOMSTORE_AWAIT_GUARD;
    /// Equal in every field.
    bool operator==(const UnknownContent&) const = default;
};

namespace detail {

template <typename T, typename Variant>
struct OneOfVariant;

template <typename T, typename... Contents>
struct OneOfVariant<T, std::variant<Contents...>>
    : std::bool_constant<(std::same_as<T, Contents> || ...)> {};

}  // namespace detail

/// Content of an event: one of the types above, identified in JSON by its `type`.
/// @ingroup events
class EventContent {
public:
    /// All content types, `TextContent` first.
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
    EventContent() noexcept;
    /// Copies the content.
    EventContent(const EventContent& other);
    /// Moves the content.
    EventContent(EventContent&& other) noexcept;
    /// Copies the content.
    EventContent& operator=(const EventContent& other);
    /// Moves the content.
    EventContent& operator=(EventContent&& other) noexcept;
    ~EventContent();

    /// Constructs it from one of the content types above.
    template <typename T>
        requires detail::OneOfVariant<std::remove_cvref_t<T>, Variant>::value
    EventContent(T&& content) : variant_(std::forward<T>(content)) {}

    /// The tag, as in JSON. Empty for an `UnknownContent` without a string `type`, which every
    /// store refuses.
    std::string_view type() const;

    /// Whether the content is a `T`.
    template <typename T>
    bool holds() const noexcept {
        return std::holds_alternative<T>(variant_);
    }

    /// The content, which must be a `T`.
    /// @throws std::bad_variant_access if it is not: a programming error, not a refusal by a store.
    template <typename T>
    const T& get() const {
        return std::get<T>(variant_);
    }
    /// The content, which must be a `T`.
    /// @throws std::bad_variant_access if it is not.
    template <typename T>
    T& get() {
        return std::get<T>(variant_);
    }

    /// The content if it is a `T`, else a null pointer.
    template <typename T>
    const T* get_if() const noexcept {
        return std::get_if<T>(&variant_);
    }
    /// The content if it is a `T`, else a null pointer.
    template <typename T>
    T* get_if() noexcept {
        return std::get_if<T>(&variant_);
    }

    /// Calls `visitor` with the content, as `std::visit` does, and returns its result.
    template <typename Visitor>
    decltype(auto) visit(Visitor&& visitor) const {
        return std::visit(std::forward<Visitor>(visitor), variant_);
    }
    /// Calls `visitor` with the content, which it may modify, and returns its result.
    template <typename Visitor>
    decltype(auto) visit(Visitor&& visitor) {
        return std::visit(std::forward<Visitor>(visitor), variant_);
    }

    /// The underlying variant.
    const Variant& variant() const noexcept { return variant_; }
    /// The underlying variant.
    Variant& variant() noexcept { return variant_; }

    /// The same kind of content, equal in every field.
    friend bool operator==(const EventContent& a, const EventContent& b);

private:
    Variant variant_;
};

/// Equal in every field.
bool operator==(const CompositeContent& a, const CompositeContent& b);

/// Equal in every field; a moved-from `new_content` equals only another moved-from one.
bool operator==(const EditContent& a, const EditContent& b);

/// The same kind of content, equal in every field.
bool operator==(const EventContent& a, const EventContent& b);

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

/// Whether this build has a content type with the tag `tag`.
constexpr bool is_known_content_tag(std::string_view tag) {
    return KnownTags<EventContent::Variant>::contain(tag);
}

}  // namespace detail

}  // namespace roomstore
