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
    /// Members of its JSON that this build has no field for.
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
    /// The same without markup, for channels that show none.
    std::optional<std::string> plain_text{};
    /// JSON objects, shaped by the application.
    std::vector<Json> buttons{};
    /// JSON objects, shaped by the application.
    std::vector<Json> cards{};
    /// Answers to choose from.
    std::vector<std::string> quick_replies{};
    /// Members of its JSON that this build has no field for.
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
    /// Such as `image/png`; not checked.
    std::string mime_type{};
    /// The name to save it under.
    std::optional<std::string> filename{};
    /// Bytes, >= 0.
    std::optional<std::int64_t> size_bytes{};
    /// The text below it.
    std::optional<std::string> caption{};
    /// Members of its JSON that this build has no field for.
    UnknownMembers unknown_members{};
    ROOMSTORE_AWAIT_GUARD;
    /// Equal in every field.
    bool operator==(const MediaContent&) const = default;
};

/// A place on earth, WGS 84.
/// @ingroup events
struct LocationContent {
    /// The `type` of this content in JSON.
    static constexpr std::string_view tag = "location";
    /// Degrees, -90 .. 90.
    double latitude = 0;
    /// Degrees, -180 .. 180.
    double longitude = 0;
    /// A name for the place.
    std::optional<std::string> label{};
    /// A postal address.
    std::optional<std::string> address{};
    /// Members of its JSON that this build has no field for.
    UnknownMembers unknown_members{};
    ROOMSTORE_AWAIT_GUARD;
    /// Equal in every field.
    bool operator==(const LocationContent&) const = default;
};

/// A recording. `url` begins with `http://`, `https://` or `data:`.
/// @ingroup events
struct AudioContent {
    /// The `type` of this content in JSON.
    static constexpr std::string_view tag = "audio";
    /// Begins with `http://`, `https://` or `data:`.
    std::string url{};
    /// Such as `audio/ogg`, the default; not checked.
    std::string mime_type = "audio/ogg";
    /// Seconds, >= 0.
    std::optional<double> duration_seconds{};
    /// What is said in it.
    std::optional<std::string> transcript{};
    /// Members of its JSON that this build has no field for.
    UnknownMembers unknown_members{};
    ROOMSTORE_AWAIT_GUARD;
    /// Equal in every field.
    bool operator==(const AudioContent&) const = default;
};

/// A film. `url` and `thumbnail_url` begin with `http://`, `https://` or `data:`.
/// @ingroup events
struct VideoContent {
    /// The `type` of this content in JSON.
    static constexpr std::string_view tag = "video";
    /// Begins with `http://`, `https://` or `data:`.
    std::string url{};
    /// Such as `video/mp4`, the default; not checked.
    std::string mime_type = "video/mp4";
    /// Seconds, >= 0.
    std::optional<double> duration_seconds{};
    /// A still of it. Begins with `http://`, `https://` or `data:`.
    std::optional<std::string> thumbnail_url{};
    /// Members of its JSON that this build has no field for.
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
    /// In the order in which they are shown; at least one.
    std::vector<EventContent> parts;
    /// Members of its JSON that this build has no field for.
    UnknownMembers unknown_members{};
    ROOMSTORE_AWAIT_GUARD;
    /// Equal in every field.
    friend bool operator==(const CompositeContent& a, const CompositeContent& b);
};

/// Text by the system, not by a person.
/// @ingroup events
struct SystemContent {
    /// The `type` of this content in JSON.
    static constexpr std::string_view tag = "system";
    /// The text for people; may be empty.
    std::string body{};
    /// The text for programs.
    std::optional<std::string> code{};
    /// A JSON object.
    Json data = Json::object();
    /// Members of its JSON that this build has no field for.
    UnknownMembers unknown_members{};
    ROOMSTORE_AWAIT_GUARD;
    /// Equal in every field.
    bool operator==(const SystemContent&) const = default;
};

/// A message made from a template that the provider knows.
/// @ingroup events
struct TemplateContent {
    /// The `type` of this content in JSON.
    static constexpr std::string_view tag = "template";
    /// The provider's name of the template.
    std::string template_id{};
    /// Language of the template, `en` by default.
    std::string language = "en";
    /// What is filled in, by name.
    std::map<std::string, std::string> parameters{};
    /// The text as it came out, where that is known.
    std::optional<std::string> body{};
    /// Members of its JSON that this build has no field for.
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
    /// The event that is edited, 1 to 255 bytes. It need not exist.
    std::string target_event_id{};
    /// What it says from now on.
    Box<EventContent> new_content{};
    /// Who or what edited it.
    std::optional<std::string> edit_source{};
    /// Members of its JSON that this build has no field for.
    UnknownMembers unknown_members{};
    ROOMSTORE_AWAIT_GUARD;
    /// Equal in every field; a content that was moved from equals only another.
    friend bool operator==(const EditContent& a, const EditContent& b);
};

/// Withdrawal of an earlier event.
/// @ingroup events
struct DeleteContent {
    /// The `type` of this content in JSON.
    static constexpr std::string_view tag = "delete";
    /// The event that is withdrawn, 1 to 255 bytes. It need not exist.
    std::string target_event_id{};
    /// On whose behalf.
    DeleteType delete_type = DeleteType::sender;
    /// Why, for people.
    std::optional<std::string> reason{};
    /// Members of its JSON that this build has no field for.
    UnknownMembers unknown_members{};
    ROOMSTORE_AWAIT_GUARD;
    /// Equal in every field.
    bool operator==(const DeleteContent&) const = default;
};

/// A tool call of an agent, at its start or at its end.
/// @ingroup events
struct ToolCallContent {
    /// The `type` of this content in JSON.
    static constexpr std::string_view tag = "tool_call";
    /// Which tool was called.
    std::string tool_name{};
    /// Which call it was: the same at its start and at its end.
    std::string tool_id{};
    /// What it was called with: a JSON object.
    Json arguments = Json::object();
    /// What it gave: any JSON value, null by default.
    Json result = nullptr;
    /// How far it is.
    ToolCallStatus status = ToolCallStatus::pending;
    /// How long it took, in milliseconds; any number.
    std::optional<std::int64_t> duration_ms{};
    /// What went wrong, for people.
    std::optional<std::string> error{};
    /// A JSON object, where present.
    std::optional<Json> structured_content{};
    /// Members of its JSON that this build has no field for.
    UnknownMembers unknown_members{};
    ROOMSTORE_AWAIT_GUARD;
    /// Equal in every field.
    bool operator==(const ToolCallContent&) const = default;
};

/// A content whose tag this build does not know: kept as it came and written back unchanged.
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

/// What an event says: one of the contents above, told apart in JSON by its `type`.
/// @ingroup events
class EventContent {
public:
    /// Every kind of content, `TextContent` first.
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
    /// Takes the content.
    EventContent(EventContent&& other) noexcept;
    /// Copies the content.
    EventContent& operator=(const EventContent& other);
    /// Takes the content.
    EventContent& operator=(EventContent&& other) noexcept;
    ~EventContent();

    /// One of the contents above.
    template <typename T>
        requires detail::OneOfVariant<std::remove_cvref_t<T>, Variant>::value
    EventContent(T&& content) : variant_(std::forward<T>(content)) {}

    /// The tag, as in JSON. Empty for an `UnknownContent` that has none, which no store accepts.
    std::string_view type() const;

    /// Whether the content is a `T`.
    template <typename T>
    bool holds() const noexcept {
        return std::holds_alternative<T>(variant_);
    }

    /// The content, which is a `T`.
    /// @throws std::bad_variant_access where it is not: that is a mistake of the caller, and
    /// nothing
    ///         that a store has refused.
    template <typename T>
    const T& get() const {
        return std::get<T>(variant_);
    }
    /// The content, which is a `T`.
    /// @throws std::bad_variant_access where it is not.
    template <typename T>
    T& get() {
        return std::get<T>(variant_);
    }

    /// The content if it is a `T`, else null.
    template <typename T>
    const T* get_if() const noexcept {
        return std::get_if<T>(&variant_);
    }
    /// The content if it is a `T`, else null.
    template <typename T>
    T* get_if() noexcept {
        return std::get_if<T>(&variant_);
    }

    /// What `visitor` returns for the content, as `std::visit` calls it.
    template <typename Visitor>
    decltype(auto) visit(Visitor&& visitor) const {
        return std::visit(std::forward<Visitor>(visitor), variant_);
    }
    /// What `visitor` returns for the content, which it may change.
    template <typename Visitor>
    decltype(auto) visit(Visitor&& visitor) {
        return std::visit(std::forward<Visitor>(visitor), variant_);
    }

    /// The content as it is kept.
    const Variant& variant() const noexcept { return variant_; }
    /// The content as it is kept.
    Variant& variant() noexcept { return variant_; }

    /// The same kind of content, equal in every field.
    friend bool operator==(const EventContent& a, const EventContent& b);

private:
    Variant variant_;
};

/// Equal in every field.
bool operator==(const CompositeContent& a, const CompositeContent& b);

/// Equal in every field; a content that was moved from equals only another.
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

/// Whether this build has a type of its own for contents tagged `tag`.
constexpr bool is_known_content_tag(std::string_view tag) {
    return KnownTags<EventContent::Variant>::contain(tag);
}

}  // namespace detail

}  // namespace roomstore
