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
    /// 1 to 255 bytes, unique within its room.
    std::string id{};
    /// The room, 1 to 255 bytes. It must exist.
    std::string room_id{};
    /// The primary channel, 1 to 255 bytes. It need not be attached to the room.
    std::string channel_id{};
    /// Name to display.
    std::optional<std::string> display_name{};
    /// Role in the room.
    ParticipantRole role = ParticipantRole::member;
    /// Status of the membership.
    ParticipantStatus status = ParticipantStatus::active;
    /// Progress of the identification.
    IdentificationStatus identification = IdentificationStatus::pending;
    /// Id of the participant's `Identity`, 1 to 255 bytes. It need not exist.
    std::optional<std::string> identity_id{};
    /// Ids of candidate identities, 1 to 255 bytes each; absent and empty are distinct.
    std::optional<std::vector<std::string>> candidates{};
    /// Channels through which the participant was reached, 1 to 255 bytes each. The store always
    /// puts `channel_id` first and removes duplicates.
    std::vector<std::string> connected_via{};
    /// Id in another system.
    std::optional<std::string> external_id{};
    /// Time of the identification.
    std::optional<Timestamp> resolved_at{};
    /// Person or system that identified the participant.
    std::optional<std::string> resolved_by{};
    /// Set when the participant is first added; not changed afterwards.
    Timestamp joined_at = now();
    /// A JSON object.
    Json metadata = Json::object();
    ROOMSTORE_AWAIT_GUARD;
    /// Equal in every field.
    bool operator==(const Participant&) const = default;
};

}  // namespace roomstore
