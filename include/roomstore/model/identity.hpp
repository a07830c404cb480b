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

/// A person or agent behind addresses. An address is unique inside an organization; the space
/// without organization is one of its own.
/// @ingroup identities
struct Identity {
    /// 1 to 255 bytes, unique in the store.
    std::string id{};
    /// Where its addresses are filed, 1 to 255 bytes; absent: in the space without organization.
    std::optional<std::string> organization_id{};
    /// What people call them.
    std::optional<std::string> display_name{};
    /// For the application; not an address that `resolve_identity` looks at, nor checked.
    std::optional<std::string> email{};
    /// For the application; not an address that `resolve_identity` looks at, nor checked.
    std::optional<std::string> phone{};
    /// Addresses by channel type: each 1 to 1024 bytes, none twice in a list.
    std::map<std::string, std::vector<std::string>> channel_addresses{};
    /// Their id in another system.
    std::optional<std::string> external_id{};
    /// Their ids in other systems, by the name of the system.
    std::map<std::string, std::string> external_ids{};
    /// A JSON object.
    Json metadata = Json::object();
    ROOMSTORE_AWAIT_GUARD;
    /// Equal in every field.
    bool operator==(const Identity&) const = default;
};

}  // namespace roomstore
