#pragma once

#include <optional>
#include <string>
#include <vector>

#include "roomstore/model/enums.hpp"
#include "roomstore/model/json_value.hpp"
#include "roomstore/model/timestamp.hpp"

namespace roomstore {

/// A member of a room. Its key is (`room_id`, `id`).
struct Participant {
    /// 1 to 255 bytes.
    std::string id{};
    /// 1 to 255 bytes.
    std::string room_id{};
    /// The primary channel, 1 to 255 bytes.
    std::string channel_id{};
    std::optional<std::string> display_name{};
    ParticipantRole role = ParticipantRole::member;
    ParticipantStatus status = ParticipantStatus::active;
    IdentificationStatus identification = IdentificationStatus::pending;
    std::optional<std::string> identity_id{};
    /// Identity ids in question; absent and empty differ.
    std::optional<std::vector<std::string>> candidates{};
    /// Every channel the participant was reached through. The store puts `channel_id` first and
    /// drops repetitions, whatever was given.
    std::vector<std::string> connected_via{};
    std::optional<std::string> external_id{};
    std::optional<Timestamp> resolved_at{};
    std::optional<std::string> resolved_by{};
    /// Set when the participant is first added, kept afterwards.
    Timestamp joined_at = now();
    /// A JSON object.
    Json metadata = Json::object();
    bool operator==(const Participant&) const = default;
};

}  // namespace roomstore
