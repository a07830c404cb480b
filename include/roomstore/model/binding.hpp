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

/// Rate limit for events sent to a channel. Every bound is > 0; absent: unlimited.
/// @ingroup bindings
struct RateLimit {
    /// Events per second, > 0; absent: unlimited.
    std::optional<double> max_per_second{};
    /// Events per minute, > 0; absent: unlimited.
    std::optional<double> max_per_minute{};
    /// Events per hour, > 0; absent: unlimited.
    std::optional<double> max_per_hour{};
    /// JSON members for which this build has no field.
    UnknownMembers unknown_members{};
    ROOMSTORE_AWAIT_GUARD;
    /// Equal in every field.
    bool operator==(const RateLimit&) const = default;
};

/// Retry policy for the delivery to a channel.
/// @ingroup bindings
struct RetryPolicy {
    /// Maximum number of retries, >= 0; 0: no retries.
    std::int64_t max_retries = 3;
    /// Delay before the first retry, in seconds, > 0.
    double base_delay_seconds = 1.0;
    /// Maximum delay, in seconds, > 0.
    double max_delay_seconds = 60.0;
    /// Factor by which the delay grows with each retry, > 0.
    double exponential_base = 2.0;
    /// Names of the errors on which to retry; absent: every error that does not itself rule out a
    /// retry.
    std::optional<std::vector<std::string>> retryable_errors{};
    /// JSON members for which this build has no field.
    UnknownMembers unknown_members{};
    ROOMSTORE_AWAIT_GUARD;
    /// Equal in every field.
    bool operator==(const RetryPolicy&) const = default;
};

/// Capabilities of a channel. Every `max_` bound is > 0; absent: unlimited.
/// @ingroup bindings
struct ChannelCapabilities {
    /// Media that the channel can carry; text by default.
    std::vector<ChannelMediaType> media_types{ChannelMediaType::text};
    /// Maximum length of a text, > 0, in the unit used by the channel; absent: unlimited.
    std::optional<std::int64_t> max_length{};
    /// Replies can refer to the event that they answer.
    bool supports_threading = false;
    /// Reactions to events can be sent.
    bool supports_reactions = false;
    /// Sent events can be edited.
    bool supports_edit = false;
    /// Sent events can be retracted.
    bool supports_delete = false;
    /// Read receipts are reported.
    bool supports_read_receipts = false;
    /// Typing indicators can be shown.
    bool supports_typing = false;
    /// `TemplateContent` can be sent.
    bool supports_templates = false;
    /// `RichContent` can be sent.
    bool supports_rich_text = false;
    /// Buttons can be shown.
    bool supports_buttons = false;
    /// Maximum number of buttons per event, > 0; absent: unlimited.
    std::optional<std::int64_t> max_buttons{};
    /// Cards can be shown.
    bool supports_cards = false;
    /// Quick replies can be offered.
    bool supports_quick_replies = false;
    /// `MediaContent` can be sent.
    bool supports_media = false;
    /// Supported MIME types of media; empty by default.
    std::vector<std::string> supported_media_types{};
    /// Maximum size of an attachment in bytes, > 0; absent: unlimited.
    std::optional<std::int64_t> max_media_size_bytes{};
    /// `AudioContent` can be sent.
    bool supports_audio = false;
    /// Maximum length of a recording in seconds, > 0; absent: unlimited.
    std::optional<std::int64_t> max_audio_duration_seconds{};
    /// Supported MIME types of audio; empty by default.
    std::vector<std::string> supported_audio_formats{};
    /// `VideoContent` can be sent.
    bool supports_video = false;
    /// Maximum length of a video in seconds, > 0; absent: unlimited.
    std::optional<std::int64_t> max_video_duration_seconds{};
    /// Supported MIME types of video; empty by default.
    std::vector<std::string> supported_video_formats{};
    /// Which of several recipients receive an event.
    DeliveryMode delivery_mode = DeliveryMode::broadcast;
    /// Further capabilities: a JSON object.
    Json custom = Json::object();
    /// JSON members for which this build has no field.
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
    /// Type of the channel. Required: the default, an empty name, is not legal.
    ChannelType channel_type{};
    /// Whether it transports messages or is an agent.
    ChannelCategory category = ChannelCategory::transport;
    /// Direction in which events flow through it.
    ChannelDirection direction = ChannelDirection::bidirectional;
    /// Whether it may read and write the room.
    Access access = Access::read_write;
    /// Whether it must not write, regardless of `access`.
    bool muted = false;
    /// Whether nothing is delivered to it. The application applies this.
    bool output_muted = false;
    /// Recipients of its events: a constant of namespace `visibility`, or channel ids.
    std::string visibility = roomstore::visibility::all;
    /// The participant to whom the channel belongs, 1 to 255 bytes; absent: none.
    std::optional<std::string> participant_id{};
    /// For the application, 0 .. 2^63 - 2. The store does not use it: it has read markers.
    std::optional<std::int64_t> last_read_index{};
    /// Set when the channel is first attached; not changed afterwards.
    Timestamp attached_at = now();
    /// Capabilities of the channel.
    ChannelCapabilities capabilities{};
    /// Rate limit for events sent to it; absent: unlimited.
    std::optional<RateLimit> rate_limit{};
    /// Retry policy for the delivery to it; absent: the application decides.
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
