#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "roomstore/model/enums.hpp"
#include "roomstore/model/json_value.hpp"
#include "roomstore/model/open_enum.hpp"
#include "roomstore/model/timestamp.hpp"

namespace roomstore {

/// How often a channel may be written to. Every bound is > 0; absent is unlimited.
struct RateLimit {
    std::optional<double> max_per_second{};
    std::optional<double> max_per_minute{};
    std::optional<double> max_per_hour{};
    bool operator==(const RateLimit&) const = default;
};

/// How delivery to a channel is repeated.
struct RetryPolicy {
    /// >= 0.
    std::int64_t max_retries = 3;
    /// Seconds, > 0.
    double base_delay_seconds = 1.0;
    /// Seconds, > 0.
    double max_delay_seconds = 60.0;
    /// > 0.
    double exponential_base = 2.0;
    /// Names of the errors to repeat on; absent: whatever the error itself does not refuse.
    std::optional<std::vector<std::string>> retryable_errors{};
    bool operator==(const RetryPolicy&) const = default;
};

/// What a channel can do. Every `max_` bound is > 0; absent is unlimited.
struct ChannelCapabilities {
    std::vector<ChannelMediaType> media_types{ChannelMediaType::text};
    std::optional<std::int64_t> max_length{};
    bool supports_threading = false;
    bool supports_reactions = false;
    bool supports_edit = false;
    bool supports_delete = false;
    bool supports_read_receipts = false;
    bool supports_typing = false;
    bool supports_templates = false;
    bool supports_rich_text = false;
    bool supports_buttons = false;
    std::optional<std::int64_t> max_buttons{};
    bool supports_cards = false;
    bool supports_quick_replies = false;
    bool supports_media = false;
    std::vector<std::string> supported_media_types{};
    std::optional<std::int64_t> max_media_size_bytes{};
    bool supports_audio = false;
    std::optional<std::int64_t> max_audio_duration_seconds{};
    std::vector<std::string> supported_audio_formats{};
    bool supports_video = false;
    std::optional<std::int64_t> max_video_duration_seconds{};
    std::vector<std::string> supported_video_formats{};
    DeliveryMode delivery_mode = DeliveryMode::broadcast;
    /// A JSON object.
    Json custom = Json::object();
    bool operator==(const ChannelCapabilities&) const = default;
};

/// A channel attached to a room. Its key is (`room_id`, `channel_id`).
struct ChannelBinding {
    /// 1 to 255 bytes.
    std::string channel_id{};
    /// 1 to 255 bytes.
    std::string room_id{};
    ChannelType channel_type{};
    ChannelCategory category = ChannelCategory::transport;
    ChannelDirection direction = ChannelDirection::bidirectional;
    Access access = Access::read_write;
    bool muted = false;
    bool output_muted = false;
    std::string visibility = roomstore::visibility::all;
    std::optional<std::string> participant_id{};
    /// A hint of the application, >= 0. The store's own read position is the read marker.
    std::optional<std::int64_t> last_read_index{};
    /// Set when the channel is first attached, kept afterwards.
    Timestamp attached_at = now();
    ChannelCapabilities capabilities{};
    std::optional<RateLimit> rate_limit{};
    std::optional<RetryPolicy> retry_policy{};
    /// A JSON object.
    Json metadata = Json::object();

    /// Whether the channel may write events into the room.
    bool can_write() const noexcept {
        return (access == Access::read_write || access == Access::write_only) && !muted;
    }

    bool operator==(const ChannelBinding&) const = default;
};

}  // namespace roomstore
