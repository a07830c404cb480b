#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "roomstore/model/await_guard.hpp"
#include "roomstore/model/enums.hpp"
#include "roomstore/model/json_conversions.hpp"
#include "roomstore/model/json_value.hpp"
#include "roomstore/model/open_enum.hpp"
#include "roomstore/model/timestamp.hpp"
#include "roomstore/model/unknown_members.hpp"

namespace roomstore {

struct ChannelCapabilities;
struct RateLimit;
struct RetryPolicy;
struct ChannelBinding;

namespace detail {
template <>
inline constexpr std::string_view model_name<ChannelCapabilities> = "ChannelCapabilities";
template <>
inline constexpr std::string_view model_name<RateLimit> = "RateLimit";
template <>
inline constexpr std::string_view model_name<RetryPolicy> = "RetryPolicy";
template <>
inline constexpr std::string_view model_name<ChannelBinding> = "ChannelBinding";
}  // namespace detail

/// How often a channel may be written to. Every bound is > 0; absent is unlimited.
/// @ingroup bindings
struct RateLimit {
    /// Events in a second, > 0; absent: unlimited.
    std::optional<double> max_per_second{};
    /// Events in a minute, > 0; absent: unlimited.
    std::optional<double> max_per_minute{};
    /// Events in an hour, > 0; absent: unlimited.
    std::optional<double> max_per_hour{};
    /// Members of its JSON that this build has no field for.
    UnknownMembers unknown_members{};
    ROOMSTORE_AWAIT_GUARD;
    /// Equal in every field.
    bool operator==(const RateLimit&) const = default;
};

/// How delivery to a channel is repeated.
/// @ingroup bindings
struct RetryPolicy {
    /// Attempts after the first, >= 0; 0: none.
    std::int64_t max_retries = 3;
    /// Pause before the first repetition, in seconds, > 0.
    double base_delay_seconds = 1.0;
    /// The longest pause, in seconds, > 0.
    double max_delay_seconds = 60.0;
    /// By how much each pause is longer than the one before, > 0.
    double exponential_base = 2.0;
    /// Names of the errors to repeat on; absent: whatever the error itself does not refuse.
    std::optional<std::vector<std::string>> retryable_errors{};
    /// Members of its JSON that this build has no field for.
    UnknownMembers unknown_members{};
    ROOMSTORE_AWAIT_GUARD;
    /// Equal in every field.
    bool operator==(const RetryPolicy&) const = default;
};

/// What a channel can do. Every `max_` bound is > 0; absent is unlimited.
/// @ingroup bindings
struct ChannelCapabilities {
    /// What the channel carries; text by default.
    std::vector<ChannelMediaType> media_types{ChannelMediaType::text};
    /// Length of a text, > 0, in the unit that the channel counts in; absent: unlimited.
    std::optional<std::int64_t> max_length{};
    /// Replies can point at the event they answer.
    bool supports_threading = false;
    /// Events can be reacted to.
    bool supports_reactions = false;
    /// What was sent can be replaced.
    bool supports_edit = false;
    /// What was sent can be withdrawn.
    bool supports_delete = false;
    /// Reading is reported back.
    bool supports_read_receipts = false;
    /// Typing is shown.
    bool supports_typing = false;
    /// `TemplateContent` can be sent.
    bool supports_templates = false;
    /// `RichContent` can be sent.
    bool supports_rich_text = false;
    /// Buttons can be shown.
    bool supports_buttons = false;
    /// Buttons of one event, > 0; absent: unlimited.
    std::optional<std::int64_t> max_buttons{};
    /// Cards can be shown.
    bool supports_cards = false;
    /// Quick replies can be offered.
    bool supports_quick_replies = false;
    /// `MediaContent` can be sent.
    bool supports_media = false;
    /// MIME types of media; empty by default.
    std::vector<std::string> supported_media_types{};
    /// Size of one attachment in bytes, > 0; absent: unlimited.
    std::optional<std::int64_t> max_media_size_bytes{};
    /// `AudioContent` can be sent.
    bool supports_audio = false;
    /// Length of one recording in seconds, > 0; absent: unlimited.
    std::optional<std::int64_t> max_audio_duration_seconds{};
    /// MIME types of audio; empty by default.
    std::vector<std::string> supported_audio_formats{};
    /// `VideoContent` can be sent.
    bool supports_video = false;
    /// Length of one film in seconds, > 0; absent: unlimited.
    std::optional<std::int64_t> max_video_duration_seconds{};
    /// MIME types of video; empty by default.
    std::vector<std::string> supported_video_formats{};
    /// To which of several recipients an event goes.
    DeliveryMode delivery_mode = DeliveryMode::broadcast;
    /// A JSON object, for what this list does not foresee.
    Json custom = Json::object();
    /// Members of its JSON that this build has no field for.
    UnknownMembers unknown_members{};
    ROOMSTORE_AWAIT_GUARD;
    /// Equal in every field.
    bool operator==(const ChannelCapabilities&) const = default;
};

/// A channel attached to a room. Its key is (`room_id`, `channel_id`).
/// @ingroup bindings
struct ChannelBinding {
    /// The channel, 1 to 255 bytes.
    std::string channel_id{};
    /// The room, 1 to 255 bytes. It must exist.
    std::string room_id{};
    /// What kind of channel it is. Required: no default is a legal name.
    ChannelType channel_type{};
    /// Whether it carries people's messages or thinks.
    ChannelCategory category = ChannelCategory::transport;
    /// Which way events flow through it.
    ChannelDirection direction = ChannelDirection::bidirectional;
    /// Whether it may read and write the room.
    Access access = Access::read_write;
    /// Kept from writing, whatever `access` says.
    bool muted = false;
    /// Kept from being delivered to. Applying it is the work of the application.
    bool output_muted = false;
    /// Whom its events reach: a constant of namespace `visibility`, or channel ids.
    std::string visibility = roomstore::visibility::all;
    /// Whose channel it is, 1 to 255 bytes; absent: nobody's in particular.
    std::optional<std::string> participant_id{};
    /// A hint of the application, >= 0. The store's own read position is the read marker.
    std::optional<std::int64_t> last_read_index{};
    /// Set when the channel is first attached, kept afterwards.
    Timestamp attached_at = now();
    /// What the channel can do.
    ChannelCapabilities capabilities{};
    /// How often it may be written to; absent: as often as one likes.
    std::optional<RateLimit> rate_limit{};
    /// How delivery to it is repeated; absent: as the application sees fit.
    std::optional<RetryPolicy> retry_policy{};
    /// A JSON object.
    Json metadata = Json::object();
    ROOMSTORE_AWAIT_GUARD;

    /// Whether the channel may write events into the room.
    bool can_write() const noexcept {
        return (access == Access::read_write || access == Access::write_only) && !muted;
    }

    /// Equal in every field.
    bool operator==(const ChannelBinding&) const = default;
};

}  // namespace roomstore
