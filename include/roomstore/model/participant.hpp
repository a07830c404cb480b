#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "roomstore/model/await_guard.hpp"
#include "roomstore/model/enums.hpp"
#include "roomstore/model/json_conversions.hpp"
#include "roomstore/model/json_value.hpp"
#include "roomstore/model/timestamp.hpp"

namespace roomstore {

struct Participant;

namespace detail {
template <>
inline constexpr std::string_view model_name<Participant> = "Participant";
}  // namespace detail

/// A member of a room. Its key is (`room_id`, `id`).
/// @ingroup participants
struct Participant {
    /// 1 to 255 bytes, unique inside its room.
    std::string id{};
    /// The room, 1 to 255 bytes. It must exist.
    std::string room_id{};
    /// The primary channel, 1 to 255 bytes. It need not be attached to the room.
    std::string channel_id{};
    /// What people call them.
    std::optional<std::string> display_name{};
    /// What they are in the room.
    ParticipantRole role = ParticipantRole::member;
    /// Whether they are in it.
    ParticipantStatus status = ParticipantStatus::active;
    /// How far it is known who they are.
    IdentificationStatus identification = IdentificationStatus::pending;
    /// The `Identity` they were found to be, 1 to 255 bytes. It need not exist.
    std::optional<std::string> identity_id{};
    /// Identity ids in question, 1 to 255 bytes each; absent and empty differ.
    std::optional<std::vector<std::string>> candidates{};
    /// Every channel the participant was reached through, 1 to 255 bytes each. The store puts
    /// `channel_id` first and drops repetitions, whatever was given.
    std::vector<std::string> connected_via{};
    /// Their id in another system.
    std::optional<std::string> external_id{};
    /// When they were identified.
    std::optional<Timestamp> resolved_at{};
    /// Who or what identified them.
    std::optional<std::string> resolved_by{};
    /// Set when the participant is first added, kept afterwards.
    Timestamp joined_at = now();
    /// A JSON object.
    Json metadata = Json::object();
    ROOMSTORE_AWAIT_GUARD;
    /// Equal in every field.
    bool operator==(const Participant&) const = default;
};

}  // namespace roomstore
