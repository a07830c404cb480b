#pragma once

#include <optional>
#include <string>

#include "roomstore/memory/detail/engine.hpp"

namespace roomstore::detail::memory {

inline Identity Engine::create_identity(Identity identity) {
    switch (identities_.create(identity, [this] { return is_open(); })) {
        case IdentityIndex::Created::exists:
            throw exists_already("create_identity", "identity", identity.id);
        case IdentityIndex::Created::not_allowed:
            require_open();
            break;
        case IdentityIndex::Created::yes:
            break;
    }
    return identity;
}

inline std::optional<Identity> Engine::get_identity(const std::string& identity_id) {
    const auto identity = identities_.find(identity_id);
    if (!identity) require_open();
    return copy(identity);
}

inline std::optional<Identity> Engine::resolve_identity(
    const ChannelType& channel_type,
    const std::string& address,
    const std::optional<std::string>& organization_id) {
    const auto identity = identities_.resolve(channel_type.name(), address, organization_id);
    if (!identity) require_open();
    return copy(identity);
}

inline void Engine::link_address(const std::string& identity_id,
                                 const ChannelType& channel_type,
                                 const std::string& address,
                                 const std::optional<std::string>& organization_id) {
    if (identities_.link(identity_id, channel_type.name(), address, organization_id)) return;
    require_open();
    throw does_not_exist("link_address", "identity", identity_id);
}

}  // namespace roomstore::detail::memory
