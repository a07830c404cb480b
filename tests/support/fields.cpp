#include "support/fields.hpp"

#include <utility>

namespace roomstore::test {

using enum TextKind;

// One line per field. The unnamed argument only selects the overload.
#define TEXT(Model, member, kind)                                   \
    {#Model "." #member, kind, [](Model& model, std::string text) { \
         model.member = std::move(text);                            \
     }}
#define FIRST(Model, member, kind)                                       \
    {#Model "." #member "/0", kind, [](Model& model, std::string text) { \
         model.member = {std::move(text)};                               \
     }}
#define JSON(Model, member) {#Model "." #member, [](Model& model) -> Json& { return model.member; }}

std::vector<TextField<Room>> text_fields(const Room&) {
    return {TEXT(Room, id, id), TEXT(Room, organization_id, id)};
}

std::vector<JsonField<Room>> json_fields(const Room&) { return {JSON(Room, metadata)}; }

std::vector<TextField<RoomEvent>> text_fields(const RoomEvent&) {
    return {TEXT(RoomEvent, id, id),
            TEXT(RoomEvent, room_id, id),
            TEXT(RoomEvent, source.channel_id, id),
            TEXT(RoomEvent, source.participant_id, id),
            TEXT(RoomEvent, source.external_id, free),
            TEXT(RoomEvent, source.provider, free),
            TEXT(RoomEvent, source.provider_message_id, free),
            TEXT(RoomEvent, blocked_by, free),
            TEXT(RoomEvent, visibility, free),
            FIRST(RoomEvent, addressed_to, id),
            TEXT(RoomEvent, response_visibility, free),
            TEXT(RoomEvent, parent_event_id, id),
            TEXT(RoomEvent, correlation_id, id),
            TEXT(RoomEvent, idempotency_key, key),
            TEXT(RoomEvent, channel_data.provider, free),
            TEXT(RoomEvent, channel_data.external_id, free),
            TEXT(RoomEvent, channel_data.thread_id, free)};
}

std::vector<JsonField<RoomEvent>> json_fields(const RoomEvent&) {
    return {JSON(RoomEvent, source.raw_payload),
            JSON(RoomEvent, metadata),
            JSON(RoomEvent, channel_data.extra),
            JSON(RoomEvent, delivery_results)};
}

std::vector<TextField<ChannelBinding>> text_fields(const ChannelBinding&) {
    return {TEXT(ChannelBinding, channel_id, id),
            TEXT(ChannelBinding, room_id, id),
            TEXT(ChannelBinding, visibility, free),
            TEXT(ChannelBinding, participant_id, id),
            FIRST(ChannelBinding, capabilities.supported_media_types, free),
            FIRST(ChannelBinding, capabilities.supported_audio_formats, free),
            FIRST(ChannelBinding, capabilities.supported_video_formats, free),
            {"ChannelBinding.retry_policy.retryable_errors/0",
             free,
             [](ChannelBinding& binding, std::string text) {
                 binding.retry_policy.emplace().retryable_errors = {std::move(text)};
             }}};
}

std::vector<JsonField<ChannelBinding>> json_fields(const ChannelBinding&) {
    return {JSON(ChannelBinding, capabilities.custom), JSON(ChannelBinding, metadata)};
}

std::vector<TextField<Participant>> text_fields(const Participant&) {
    return {TEXT(Participant, id, id),
            TEXT(Participant, room_id, id),
            TEXT(Participant, channel_id, id),
            TEXT(Participant, display_name, free),
            TEXT(Participant, identity_id, id),
            FIRST(Participant, candidates, id),
            {"Participant.connected_via/1",
             id,
             [](Participant& participant, std::string text) {
                 participant.connected_via = {participant.channel_id, std::move(text)};
             }},
            TEXT(Participant, external_id, free),
            TEXT(Participant, resolved_by, free)};
}

std::vector<JsonField<Participant>> json_fields(const Participant&) {
    return {JSON(Participant, metadata)};
}

std::vector<TextField<Identity>> text_fields(const Identity&) {
    return {TEXT(Identity, id, id),
            TEXT(Identity, organization_id, id),
            TEXT(Identity, display_name, free),
            TEXT(Identity, email, free),
            TEXT(Identity, phone, free),
            {"Identity.channel_addresses/sms/0",
             address,
             [](Identity& identity, std::string text) {
                 identity.channel_addresses["sms"] = {std::move(text)};
             }},
            TEXT(Identity, external_id, free),
            {"Identity.external_ids/key",
             free,
             [](Identity& identity, std::string text) {
                 identity.external_ids["key"] = std::move(text);
             }},
            {"Identity.external_ids", free, [](Identity& identity, std::string text) {
                 identity.external_ids[std::move(text)] = "value";
             }}};
}

std::vector<JsonField<Identity>> json_fields(const Identity&) { return {JSON(Identity, metadata)}; }

std::vector<TextField<Task>> text_fields(const Task&) {
    return {TEXT(Task, id, id),
            TEXT(Task, room_id, id),
            TEXT(Task, title, free),
            TEXT(Task, description, free),
            TEXT(Task, assigned_to, free)};
}

std::vector<JsonField<Task>> json_fields(const Task&) { return {JSON(Task, metadata)}; }

std::vector<TextField<Observation>> text_fields(const Observation&) {
    return {TEXT(Observation, id, id),
            TEXT(Observation, room_id, id),
            TEXT(Observation, channel_id, id),
            TEXT(Observation, content, free),
            TEXT(Observation, category, free)};
}

std::vector<JsonField<Observation>> json_fields(const Observation&) {
    return {JSON(Observation, metadata)};
}

}  // namespace roomstore::test
