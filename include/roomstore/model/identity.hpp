#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "roomstore/model/await_guard.hpp"
#include "roomstore/model/json_conversions.hpp"
#include "roomstore/model/json_value.hpp"

namespace roomstore {

struct Identity;

namespace detail {
template <>
inline constexpr std::string_view model_name<Identity> = "Identity";
}  // namespace detail

/// A person or agent with addresses on channels. An address is unique within an organization;
/// addresses without an organization form a separate namespace.
/// @ingroup identities
struct Identity {
    /// 1 to 255 bytes, unique in the store.
    std::string id{};
    /// Organization to which its addresses belong, 1 to 255 bytes; absent: none.
    std::optional<std::string> organization_id{};
    /// Name to display.
    std::optional<std::string> display_name{};
    /// For the application only: not used by `resolve_identity`, and not checked.
    std::optional<std::string> email{};
    /// For the application only: not used by `resolve_identity`, and not checked.
    std::optional<std::string> phone{};
    /// Addresses by channel type: each 1 to 1024 bytes, no duplicates within a list.
    std::map<std::string, std::vector<std::string>> channel_addresses{};
    /// Id in another system.
    std::optional<std::string> external_id{};
    /// Ids in other systems, by the name of the system.
    std::map<std::string, std::string> external_ids{};
    /// A JSON object.
    Json metadata = Json::object();
    ROOMSTORE_AWAIT_GUARD;
    /// Equal in every field.
    bool operator==(const Identity&) const = default;
};

}  // namespace roomstore
