#include "support/populated.hpp"

#include <cstdint>
#include <limits>

#include "support/builders.hpp"

namespace roomstore::test {

Json full_json() {
    return {{"text", "quotes \" ' and \\"},
            {"nothing", nullptr},
            {"yes", true},
            {"no", false},
            {"smallest", std::numeric_limits<std::int64_t>::min()},
            {"largest", std::numeric_limits<std::int64_t>::max()},
            {"unsigned", std::numeric_limits<std::uint64_t>::max()},
            {"third", 1.0 / 3},
            {"tiny", 5e-324},
            {"huge", 1.7976931348623157e308},
            {"", "the empty key"},
            {"empty list", Json::array()},
            {"empty object", Json::object()},
            {"list", {1, "two", nullptr, {{"deep", {3, 4}}}}}};
}

UnknownMembers members_of_the_future() {
    return {{"future", full_json()}, {"nothing known", nullptr}, {"unknown_members", 1.0}};
}

Room full_room() {
    return {.id = "room",
            .organization_id = "organization",
            .status = RoomStatus::archived,
            .created_at = at(1),
            .updated_at = at(2),
            .closed_at = at(3),
            .timers = {.inactive_after_seconds = 60,
                       .closed_after_seconds = std::numeric_limits<std::int64_t>::max(),
                       .last_activity_at = at(4)},
            .agent_response_policy = AgentResponsePolicy::addressed_only,
            .metadata = full_json(),
            .event_count = 7,
            .latest_index = 9,
            .delivered_index = 8};
}

RoomEvent full_event() {
    return {.id = "event",
            .room_id = "room",
            .type = EventType::tool_call_end,
            .source = {.channel_id = "channel",
                       .channel_type = ChannelType::whatsapp_personal,
                       .direction = ChannelDirection::bidirectional,
                       .participant_id = "participant",
                       .external_id = "external",
                       .provider = "provider",
                       .raw_payload = full_json(),
                       .provider_message_id = "provider message",
                       .unknown_members = members_of_the_future()},
            .content = full_text(),
            .status = EventStatus::blocked,
            .blocked_by = "a rule",
            .visibility = "channel,other channel",
            .addressed_to = std::vector<std::string>{"second", "first"},
            .response_visibility = "internal",
            .index = 5,
            .chain_depth = std::numeric_limits<std::int64_t>::max(),
            .parent_event_id = "parent",
            .correlation_id = "correlation",
            .idempotency_key = "key",
            .created_at = at(5),
            .metadata = full_json(),
            .channel_data = {.provider = "provider",
                             .external_id = "external",
                             .thread_id = "thread",
                             .extra = full_json(),
                             .unknown_members = members_of_the_future()},
            .delivery_results = full_json(),
            .token_count = std::numeric_limits<std::int64_t>::max(),
            .unknown_members = members_of_the_future()};
}

ChannelBinding full_binding() {
    return {
        .channel_id = "channel",
        .room_id = "room",
        .channel_type = ChannelType::realtime_audio_video,
        .category = ChannelCategory::intelligence,
        .direction = ChannelDirection::outbound,
        .access = Access::write_only,
        .muted = true,
        .output_muted = true,
        .visibility = "internal",
        .participant_id = "participant",
        .last_read_index = std::numeric_limits<std::int64_t>::max() - 1,
        .attached_at = at(6),
        .capabilities = {.media_types = {ChannelMediaType::template_,
                                         ChannelMediaType::rich,
                                         ChannelMediaType::media,
                                         ChannelMediaType::audio,
                                         ChannelMediaType::video,
                                         ChannelMediaType::location,
                                         ChannelMediaType::text},
                         .max_length = 160,
                         .supports_threading = true,
                         .supports_reactions = true,
                         .supports_edit = true,
                         .supports_delete = true,
                         .supports_read_receipts = true,
                         .supports_typing = true,
                         .supports_templates = true,
                         .supports_rich_text = true,
                         .supports_buttons = true,
                         .max_buttons = 3,
                         .supports_cards = true,
                         .supports_quick_replies = true,
                         .supports_media = true,
                         .supported_media_types = {"image/png", "image/jpeg"},
                         .max_media_size_bytes = std::numeric_limits<std::int64_t>::max(),
                         .supports_audio = true,
                         .max_audio_duration_seconds = 120,
                         .supported_audio_formats = {"ogg", "mp3"},
                         .supports_video = true,
                         .max_video_duration_seconds = 30,
                         .supported_video_formats = {"mp4"},
                         .delivery_mode = DeliveryMode::round_robin,
                         .custom = full_json(),
                         .unknown_members = members_of_the_future()},
        .rate_limit = RateLimit{.max_per_second = 0.1,
                                .max_per_minute = 5e-324,
                                .max_per_hour = 1e300,
                                .unknown_members = members_of_the_future()},
        .retry_policy = RetryPolicy{.max_retries = 0,
                                    .base_delay_seconds = 1.0 / 3,
                                    .max_delay_seconds = 1e-7,
                                    .exponential_base = 1.1,
                                    .retryable_errors = std::vector<std::string>{"timeout", "busy"},
                                    .unknown_members = members_of_the_future()},
        .metadata = full_json()};
}

Participant full_participant() {
    return {.id = "participant",
            .room_id = "room",
            .channel_id = "channel",
            .display_name = "Ada",
            .role = ParticipantRole::bot,
            .status = ParticipantStatus::banned,
            .identification = IdentificationStatus::challenge_sent,
            .identity_id = "identity",
            .candidates = std::vector<std::string>{"second", "first"},
            .connected_via = {"channel", "z channel", "a channel"},
            .external_id = "external",
            .resolved_at = at(7),
            .resolved_by = "resolver",
            .joined_at = at(8),
            .metadata = full_json()};
}

Identity full_identity() {
    return {.id = "identity",
            .organization_id = "organization",
            .display_name = "Ada Lovelace",
            .email = "ada@example.org",
            .phone = "+44 20 7946 0000",
            .channel_addresses = {{"email", {"ada@example.org", "a.lovelace@example.org"}},
                                  {"sms", {"+442079460000"}}},
            .external_id = "external",
            .external_ids = {{"crm", "17"}, {"", "empty key"}, {"empty value", ""}},
            .metadata = full_json()};
}

Task full_task() {
    return {.id = "task",
            .room_id = "room",
            .title = "title",
            .description = "description",
            .assigned_to = "participant",
            .status = TaskStatus::cancelled,
            .created_at = at(9),
            .metadata = full_json()};
}

Observation full_observation() {
    return {.id = "observation",
            .room_id = "room",
            .channel_id = "channel",
            .content = "content",
            .category = "category",
            .confidence = 1.0 / 3,
            .created_at = at(10),
            .metadata = full_json()};
}

}  // namespace roomstore::test
