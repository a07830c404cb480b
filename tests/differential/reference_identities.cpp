#include "differential/reference_store.hpp"
#include "differential/reference_support.hpp"

namespace roomstore::differential {

std::vector<std::string> ReferenceStore::identity_ids() const {
    std::vector<std::string> ids;
    for (const auto& identity : identities_) ids.push_back(identity.id);
    return ids;
}

Identity* ReferenceStore::find_identity(const std::string& identity_id) {
    return find_by(identities_, &Identity::id, identity_id);
}

void ReferenceStore::link(Identity& identity,
                          const std::string& channel_type,
                          const std::string& address,
                          const std::optional<std::string>& organization_id) {
    const auto same_address = [&](const Link& link) {
        return link.channel_type == channel_type && link.address == address;
    };
    for (const auto& old : links_) {
        if (!same_address(old) || old.organization_id != organization_id) continue;
        if (old.identity_id == identity.id) return;
        const bool elsewhere = std::ranges::any_of(links_, [&](const Link& other) {
            return same_address(other) && other.identity_id == old.identity_id &&
                   other.organization_id != organization_id;
        });
        auto* loser = find_identity(old.identity_id);
        if (!elsewhere && loser) {
            auto& addresses = loser->channel_addresses[channel_type];
            std::erase(addresses, address);
            if (addresses.empty()) loser->channel_addresses.erase(channel_type);
        }
    }
    std::erase_if(links_, [&](const Link& link) {
        return same_address(link) && link.organization_id == organization_id;
    });
    links_.push_back({organization_id, channel_type, address, identity.id});
    auto& addresses = identity.channel_addresses[channel_type];
    if (std::ranges::find(addresses, address) == addresses.end()) addresses.push_back(address);
}

asio::awaitable<Identity> ReferenceStore::create_identity(Identity identity) {
    require_open();
    validator_.create_identity(identity);
    if (find_identity(identity.id)) refuse(errc::already_exists, "identity");
    const auto given = std::exchange(identity.channel_addresses, {});
    identities_.push_back(identity);
    for (const auto& [channel_type, addresses] : given) {
        // A channel type without addresses is kept, because it must be returned as it was given.
        identities_.back().channel_addresses[channel_type];
        for (const auto& address : addresses) {
            link(identities_.back(), channel_type, address, identity.organization_id);
        }
    }
    co_return identities_.back();
}

asio::awaitable<std::optional<Identity>> ReferenceStore::get_identity(std::string identity_id) {
    require_open();
    validator_.get_identity(identity_id);
    co_return copy_of(find_identity(identity_id));
}

asio::awaitable<std::optional<Identity>> ReferenceStore::resolve_identity(
    ChannelType channel_type,
    std::string address,
    std::optional<std::string> organization_id) {
    require_open();
    validator_.resolve_identity(channel_type, address, organization_id);
    for (const auto& link : links_) {
        if (link.organization_id == organization_id && link.channel_type == channel_type.name() &&
            link.address == address) {
            co_return copy_of(find_identity(link.identity_id));
        }
    }
    co_return std::nullopt;
}

asio::awaitable<void> ReferenceStore::link_address(std::string identity_id,
                                                   ChannelType channel_type,
                                                   std::string address,
                                                   std::optional<std::string> organization_id) {
    require_open();
    validator_.link_address(identity_id, channel_type, address, organization_id);
    auto* identity = find_identity(identity_id);
    if (!identity) refuse(errc::not_found, "identity");
    link(*identity, channel_type.name(), address, organization_id);
    co_return;
}

}  // namespace roomstore::differential
