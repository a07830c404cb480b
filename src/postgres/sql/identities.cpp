#include "sql/identities.hpp"

#include <algorithm>
#include <map>

#include "sql/mapping.hpp"

namespace roomstore::postgres::sql {

namespace {

using AddressLists = std::map<std::string, std::vector<std::string>>;

#define ROOMSTORE_IDENTITY_COLUMNS                                                      \
    "id, organization_id, display_name, email, phone, external_id, channel_addresses, " \
    "external_ids, metadata"

constexpr Statement create{"create_identity", R"(
INSERT INTO {schema}.identities ()" ROOMSTORE_IDENTITY_COLUMNS R"()
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT DO NOTHING)"};

constexpr Statement get{"get_identity", R"(
SELECT )" ROOMSTORE_IDENTITY_COLUMNS R"( FROM {schema}.identities WHERE id = $1)"};

constexpr Statement resolve{"resolve_identity", R"(
SELECT )" ROOMSTORE_IDENTITY_COLUMNS R"( FROM {schema}.identities
WHERE id = (SELECT identity_id FROM {schema}.identity_addresses
            WHERE channel_type = $1 AND address = $2 AND organization_id = $3))"};

// Inserts addresses that have no holder and locks those that have one. The update that changes
// nothing locks a row that a concurrent statement has just inserted.
constexpr Statement claim{"identities.claim_addresses", R"(
INSERT INTO {schema}.identity_addresses AS held
    (channel_type, address, organization_id, identity_id)
SELECT wanted.channel_type, wanted.address, $3, $4
FROM unnest($1::text[], $2::text[]) AS wanted (channel_type, address)
ORDER BY wanted.channel_type COLLATE "C", wanted.address COLLATE "C"
ON CONFLICT (channel_type, address, organization_id) DO UPDATE SET identity_id = held.identity_id
RETURNING channel_type, address, identity_id)"};

constexpr Statement move{"identities.move_address", R"(
UPDATE {schema}.identity_addresses SET identity_id = $4
WHERE channel_type = $1 AND address = $2 AND organization_id = $3)"};

constexpr Statement lock{"identities.lock", R"(
SELECT id, channel_addresses FROM {schema}.identities WHERE id = ANY ($1::text[])
ORDER BY id FOR UPDATE)"};

constexpr Statement held_elsewhere{"identities.held_elsewhere", R"(
SELECT FROM {schema}.identity_addresses
WHERE channel_type = $1 AND address = $2 AND identity_id = $3 LIMIT 1)"};

constexpr Statement set_addresses{"identities.set_addresses", R"(
UPDATE {schema}.identities SET channel_addresses = $2 WHERE id = $1)"};

/// '' stands for no organization; no organization has that id.
std::string scope(const std::optional<std::string>& organization_id) {
    return organization_id.value_or(std::string());
}

AddressLists read_addresses(const Row& row, int column) {
    AddressLists addresses;
    read_json_column(row, column, "channel_addresses", addresses);
    return addresses;
}

std::optional<Identity> only_identity(const Result& result) {
    if (result.empty()) return std::nullopt;
    const Row row = result[0];
    return read_alone("identities", named("identity", row.view(0)), [&] {
        Identity identity;
        identity.id = row.text(0);
        identity.organization_id = row.optional_text(1);
        identity.display_name = row.optional_text(2);
        identity.email = row.optional_text(3);
        identity.phone = row.optional_text(4);
        identity.external_id = row.optional_text(5);
        identity.channel_addresses = read_addresses(row, 6);
        read_json_column(row, 7, "external_ids", identity.external_ids);
        read_json_column(row, 8, "metadata", identity.metadata);
        return identity;
    });
}

void insert(Session& session, const Identity& identity) {
    const auto result = session.exec(create,
                                     Params()
                                         .add(identity.id)
                                         .add(identity.organization_id)
                                         .add(identity.display_name)
                                         .add(identity.email)
                                         .add(identity.phone)
                                         .add(identity.external_id)
                                         .add(json_text_unless(identity.channel_addresses, {}))
                                         .add(json_text_unless(identity.external_ids, {}))
                                         .add(json_text_unless(identity.metadata, empty_object)));
    if (result.affected_rows() > 0) return;
    throw detail::exists_already("create_identity", "identity", identity.id);
}

struct Address {
    std::string channel_type;
    std::string address;
};

/// Addresses that get a new holder, by the identity that loses them.
using LostAddresses = std::map<std::string, std::vector<Address>>;

/// Makes `identity_id` the holder of `addresses` inside the organization.
LostAddresses take_addresses(Session& session,
                             const std::string& identity_id,
                             const std::string& organization,
                             const std::vector<Address>& addresses) {
    std::vector<std::string> types, texts;
    for (const Address& each : addresses) {
        types.push_back(each.channel_type);
        texts.push_back(each.address);
    }
    const auto held = session.exec(
        claim, Params().add_array(types).add_array(texts).add(organization).add(identity_id));
    LostAddresses losses;
    for (std::size_t i = 0; i < held.size(); ++i) {
        const Row row = held[i];
        if (row.view(2) == identity_id) continue;
        losses[row.text(2)].push_back({row.text(0), row.text(1)});
        session.exec(move,
                     Params().add(row.view(0)).add(row.view(1)).add(organization).add(identity_id));
    }
    return losses;
}

std::map<std::string, AddressLists> lock_identities(Session& session,
                                                    const std::vector<std::string>& ids) {
    const auto rows = session.exec(lock, Params().add_array(ids));
    std::map<std::string, AddressLists> locked;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const Row row = rows[i];
        locked.emplace(row.text(0), read_alone("identities", named("identity", row.view(0)), [&] {
                           return read_addresses(row, 1);
                       }));
    }
    return locked;
}

void store_addresses(Session& session, const std::string& id, const AddressLists& lists) {
    session.exec(set_addresses, Params().add(id).add(json_text_unless(lists, {})));
}

/// Removes `lost` from the addresses of an identity, except those that it holds in another
/// organization.
void remove_addresses(Session& session,
                      const std::string& id,
                      AddressLists& lists,
                      const std::vector<Address>& lost) {
    for (const Address& each : lost) {
        const auto elsewhere =
            session.exec(held_elsewhere, Params().add(each.channel_type).add(each.address).add(id));
        const auto list = lists.find(each.channel_type);
        if (!elsewhere.empty() || list == lists.end()) continue;
        std::erase(list->second, each.address);
        if (list->second.empty()) lists.erase(list);
    }
    store_addresses(session, id, lists);
}

void remove_all_addresses(Session& session,
                          std::map<std::string, AddressLists>& locked,
                          const LostAddresses& losses) {
    for (const auto& [id, lost] : losses) {
        if (const auto identity = locked.find(id); identity != locked.end()) {
            remove_addresses(session, id, identity->second, lost);
        }
    }
}

std::vector<std::string> previous_holders(const LostAddresses& losses) {
    std::vector<std::string> ids;
    for (const auto& [id, lost] : losses) ids.push_back(id);
    return ids;
}

}  // namespace

Identity create_identity(Session& session, const Identity& identity) {
    insert(session, identity);
    std::vector<Address> addresses;
    for (const auto& [channel_type, list] : identity.channel_addresses) {
        for (const auto& address : list) addresses.push_back({channel_type, address});
    }
    if (addresses.empty()) return identity;
    const auto losses =
        take_addresses(session, identity.id, scope(identity.organization_id), addresses);
    if (losses.empty()) return identity;
    auto locked = lock_identities(session, previous_holders(losses));
    remove_all_addresses(session, locked, losses);
    return identity;
}

std::optional<Identity> get_identity(Session& session, const std::string& id) {
    return only_identity(session.exec(get, Params().add(id)));
}

std::optional<Identity> resolve_identity(Session& session,
                                         const ChannelType& channel_type,
                                         const std::string& address,
                                         const std::optional<std::string>& organization_id) {
    return only_identity(session.exec(
        resolve, Params().add(channel_type.name()).add(address).add(scope(organization_id))));
}

void link_address(Session& session,
                  const std::string& identity_id,
                  const ChannelType& channel_type,
                  const std::string& address,
                  const std::optional<std::string>& organization_id) {
    const auto losses = take_addresses(
        session, identity_id, scope(organization_id), {{channel_type.name(), address}});
    auto ids = previous_holders(losses);
    ids.push_back(identity_id);
    auto locked = lock_identities(session, ids);
    const auto identity = locked.find(identity_id);
    if (identity == locked.end()) {
        throw detail::does_not_exist("link_address", "identity", identity_id);
    }
    remove_all_addresses(session, locked, losses);
    auto& list = identity->second[channel_type.name()];
    if (std::find(list.begin(), list.end(), address) != list.end()) return;
    list.push_back(address);
    store_addresses(session, identity_id, identity->second);
}

std::vector<Statement> identity_statements() {
    return {create, get, resolve, claim, move, lock, held_elsewhere, set_addresses};
}

}  // namespace roomstore::postgres::sql
