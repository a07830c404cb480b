#include "fuzz/storable.hpp"

#include <algorithm>
#include <cstdint>

#include "fuzz/expect.hpp"
#include "fuzz/rules.hpp"

namespace roomstore::fuzz {

std::size_t expect_storable(const Room& row) {
    Rules rules;
    rules.id("Room.id", row.id);
    id(rules, "Room.organization_id", row.organization_id);
    rules.closed("Room.status", row.status);
    rules.time("Room.created_at", row.created_at);
    rules.time("Room.updated_at", row.updated_at);
    time(rules, "Room.closed_at", row.closed_at);
    at_least(rules, 0, "Room.timers.inactive_after_seconds", row.timers.inactive_after_seconds);
    at_least(rules, 0, "Room.timers.closed_after_seconds", row.timers.closed_after_seconds);
    time(rules, "Room.timers.last_activity_at", row.timers.last_activity_at);
    rules.closed("Room.agent_response_policy", row.agent_response_policy);
    rules.object("Room.metadata", row.metadata);
    rules.integer("Room.event_count", row.event_count, 0, std::int64_t{1} << 62);
    rules.integer("Room.latest_index", row.latest_index, 0, highest - 1);
    rules.integer("Room.delivered_index", row.delivered_index, -1, highest - 1);
    return rules.bytes();
}

std::size_t expect_storable(const RoomEvent& row) {
    Rules rules;
    rules.id("RoomEvent.id", row.id);
    rules.id("RoomEvent.room_id", row.room_id);
    rules.name("RoomEvent.type", row.type.name());
    rules.id("RoomEvent.source.channel_id", row.source.channel_id);
    rules.name("RoomEvent.source.channel_type", row.source.channel_type.name());
    rules.closed("RoomEvent.source.direction", row.source.direction);
    id(rules, "RoomEvent.source.participant_id", row.source.participant_id);
    text(rules, "RoomEvent.source.external_id", row.source.external_id);
    text(rules, "RoomEvent.source.provider", row.source.provider);
    rules.object("RoomEvent.source.raw_payload", row.source.raw_payload);
    text(rules, "RoomEvent.source.provider_message_id", row.source.provider_message_id);
    expect_content(rules, row.content);
    rules.closed("RoomEvent.status", row.status);
    text(rules, "RoomEvent.blocked_by", row.blocked_by);
    rules.text("RoomEvent.visibility", row.visibility);
    if (row.addressed_to) ids(rules, "RoomEvent.addressed_to", *row.addressed_to);
    text(rules, "RoomEvent.response_visibility", row.response_visibility);
    rules.integer("RoomEvent.index", row.index, 0, highest - 1);
    rules.integer("RoomEvent.chain_depth", row.chain_depth, 0);
    id(rules, "RoomEvent.parent_event_id", row.parent_event_id);
    id(rules, "RoomEvent.correlation_id", row.correlation_id);
    text(rules, "RoomEvent.idempotency_key", row.idempotency_key);
    if_present(row.idempotency_key,
               [](const auto& key) { expect(key.size() <= 255, "RoomEvent.idempotency_key"); });
    rules.time("RoomEvent.created_at", row.created_at);
    rules.object("RoomEvent.metadata", row.metadata);
    text(rules, "RoomEvent.channel_data.provider", row.channel_data.provider);
    text(rules, "RoomEvent.channel_data.external_id", row.channel_data.external_id);
    text(rules, "RoomEvent.channel_data.thread_id", row.channel_data.thread_id);
    rules.object("RoomEvent.channel_data.extra", row.channel_data.extra);
    rules.object("RoomEvent.delivery_results", row.delivery_results);
    if_present(row.token_count,
               [&](auto count) { rules.integer("RoomEvent.token_count", count, 0); });
    members(rules, "RoomEvent.unknown_members", row);
    members(rules, "RoomEvent.source.unknown_members", row.source);
    members(rules, "RoomEvent.channel_data.unknown_members", row.channel_data);
    return rules.bytes();
}

namespace {

void capabilities(Rules& rules, const ChannelCapabilities& can) {
    for (const ChannelMediaType type : can.media_types) {
        rules.element();
        rules.closed("capabilities.media_types", type);
    }
    at_least(rules, 1, "capabilities.max_length", can.max_length);
    at_least(rules, 1, "capabilities.max_buttons", can.max_buttons);
    texts(rules, "capabilities.supported_media_types", can.supported_media_types);
    at_least(rules, 1, "capabilities.max_media_size_bytes", can.max_media_size_bytes);
    at_least(rules, 1, "capabilities.max_audio_duration_seconds", can.max_audio_duration_seconds);
    texts(rules, "capabilities.supported_audio_formats", can.supported_audio_formats);
    at_least(rules, 1, "capabilities.max_video_duration_seconds", can.max_video_duration_seconds);
    texts(rules, "capabilities.supported_video_formats", can.supported_video_formats);
    rules.closed("capabilities.delivery_mode", can.delivery_mode);
    rules.object("capabilities.custom", can.custom);
    members(rules, "capabilities.unknown_members", can);
}

void limits(Rules& rules, const RateLimit& limit) {
    for (const auto& bound : {limit.max_per_second, limit.max_per_minute, limit.max_per_hour}) {
        if_present(bound, [&](double value) { rules.positive("rate_limit", value); });
    }
    members(rules, "rate_limit.unknown_members", limit);
}

void retries(Rules& rules, const RetryPolicy& policy) {
    rules.integer("retry_policy.max_retries", policy.max_retries, 0);
    rules.positive("retry_policy.base_delay_seconds", policy.base_delay_seconds);
    rules.positive("retry_policy.max_delay_seconds", policy.max_delay_seconds);
    rules.positive("retry_policy.exponential_base", policy.exponential_base);
    if (policy.retryable_errors) {
        texts(rules, "retry_policy.retryable_errors", *policy.retryable_errors);
    }
    members(rules, "retry_policy.unknown_members", policy);
}

}  // namespace

std::size_t expect_storable(const ChannelBinding& row) {
    Rules rules;
    rules.id("ChannelBinding.channel_id", row.channel_id);
    rules.id("ChannelBinding.room_id", row.room_id);
    rules.name("ChannelBinding.channel_type", row.channel_type.name());
    rules.closed("ChannelBinding.category", row.category);
    rules.closed("ChannelBinding.direction", row.direction);
    rules.closed("ChannelBinding.access", row.access);
    rules.text("ChannelBinding.visibility", row.visibility);
    id(rules, "ChannelBinding.participant_id", row.participant_id);
    if_present(row.last_read_index, [&](std::int64_t index) {
        rules.integer("ChannelBinding.last_read_index", index, 0, highest - 1);
    });
    rules.time("ChannelBinding.attached_at", row.attached_at);
    capabilities(rules, row.capabilities);
    if (row.rate_limit) limits(rules, *row.rate_limit);
    if (row.retry_policy) retries(rules, *row.retry_policy);
    rules.object("ChannelBinding.metadata", row.metadata);
    return rules.bytes();
}

std::size_t expect_storable(const Participant& row) {
    Rules rules;
    rules.id("Participant.id", row.id);
    rules.id("Participant.room_id", row.room_id);
    rules.id("Participant.channel_id", row.channel_id);
    text(rules, "Participant.display_name", row.display_name);
    rules.closed("Participant.role", row.role);
    rules.closed("Participant.status", row.status);
    rules.closed("Participant.identification", row.identification);
    id(rules, "Participant.identity_id", row.identity_id);
    if (row.candidates) ids(rules, "Participant.candidates", *row.candidates);
    ids(rules, "Participant.connected_via", row.connected_via);
    if (std::ranges::count(row.connected_via, row.channel_id) == 0) {
        // The store adds it, and the row must still fit.
        rules.element();
        rules.id("Participant.connected_via", row.channel_id);
    }
    text(rules, "Participant.external_id", row.external_id);
    time(rules, "Participant.resolved_at", row.resolved_at);
    text(rules, "Participant.resolved_by", row.resolved_by);
    rules.time("Participant.joined_at", row.joined_at);
    rules.object("Participant.metadata", row.metadata);
    return rules.bytes();
}

std::size_t expect_storable(const Identity& row) {
    Rules rules;
    rules.id("Identity.id", row.id);
    id(rules, "Identity.organization_id", row.organization_id);
    text(rules, "Identity.display_name", row.display_name);
    text(rules, "Identity.email", row.email);
    text(rules, "Identity.phone", row.phone);
    for (const auto& [type, addresses] : row.channel_addresses) {
        rules.key("Identity.channel_addresses", type);
        rules.name("Identity.channel_addresses", type);
        for (const auto& address : addresses) {
            rules.element();
            rules.id("Identity.channel_addresses", address, 1024);
            expect(
                std::ranges::count(addresses, address) == 1, "an address is given once", address);
        }
    }
    text(rules, "Identity.external_id", row.external_id);
    texts(rules, "Identity.external_ids", row.external_ids);
    rules.object("Identity.metadata", row.metadata);
    return rules.bytes();
}

std::size_t expect_storable(const Task& row) {
    Rules rules;
    rules.id("Task.id", row.id);
    rules.id("Task.room_id", row.room_id);
    rules.text("Task.title", row.title);
    text(rules, "Task.description", row.description);
    text(rules, "Task.assigned_to", row.assigned_to);
    rules.closed("Task.status", row.status);
    rules.time("Task.created_at", row.created_at);
    rules.object("Task.metadata", row.metadata);
    return rules.bytes();
}

std::size_t expect_storable(const Observation& row) {
    Rules rules;
    rules.id("Observation.id", row.id);
    rules.id("Observation.room_id", row.room_id);
    rules.id("Observation.channel_id", row.channel_id);
    rules.text("Observation.content", row.content);
    text(rules, "Observation.category", row.category);
    rules.real("Observation.confidence", row.confidence, 0, 1);
    rules.time("Observation.created_at", row.created_at);
    rules.object("Observation.metadata", row.metadata);
    return rules.bytes();
}

}  // namespace roomstore::fuzz
