#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "roomstore/detail/text_hash.hpp"
#include "roomstore/memory/detail/rollback.hpp"
#include "roomstore/memory/detail/text_pair.hpp"
#include "roomstore/model/identity.hpp"

namespace roomstore::detail::memory {

/// Identities by id and by address.
///
/// Thread-safe; its lock is a leaf. Identities are immutable and shared, so that they can be copied
/// without a lock.
class IdentityIndex {
public:
    using IdentityPtr = std::shared_ptr<const Identity>;

    enum class Created { yes, exists, not_allowed };

    /// Adds `identity` if `allowed()`, called under the lock, returns true, and assigns it its
    /// addresses within its organization; duplicate addresses are dropped. Strong exception
    /// guarantee.
    template <typename Allowed>
    Created create(Identity& identity, const Allowed& allowed) {
        for (auto& [type, addresses] : identity.channel_addresses) drop_repetitions(addresses);
        std::map<std::string, Record> staged;
        Record& record = staged.try_emplace(identity.id).first->second;
        record.value = std::make_shared<const Identity>(identity);
        for (const auto& [type, addresses] : identity.channel_addresses) {
            for (const auto& address : addresses)
                record.scopes.try_emplace(TextPair(type, address), 0);
        }

        const std::lock_guard lock(mutex_);
        if (!allowed()) return Created::not_allowed;
        if (records_.contains(identity.id)) return Created::exists;
        Change change;
        for (const auto& [type, addresses] : identity.channel_addresses) {
            for (const auto& address : addresses) {
                prepare(change, {identity.organization_id, type, address});
            }
        }
        records_.merge(staged);
        commit(change, record);
        return Created::yes;
    }

    /// Assigns the address, within the organization, to the identity.
    /// @returns whether the identity exists. Strong exception guarantee.
    bool link(const std::string& identity_id,
              const std::string& channel_type,
              const std::string& address,
              const std::optional<std::string>& organization_id) {
        const std::lock_guard lock(mutex_);
        const auto found = records_.find(identity_id);
        if (found == records_.end()) return false;
        Record& record = found->second;
        const AddressKey key{organization_id, channel_type, address};
        const auto holder = addresses_.find(key);
        if (holder != addresses_.end() && holder->second == &record) return true;

        Change change;
        prepare(change, key);
        IdentityPtr value = record.value;
        const auto [scopes, is_new] = record.scopes.try_emplace(TextPair(channel_type, address), 0);
        Rollback undo([&record, added = is_new ? scopes : record.scopes.end()] {
            if (added != record.scopes.end()) record.scopes.erase(added);
        });
        if (is_new) {
            auto longer = std::make_shared<Identity>(*record.value);
            longer->channel_addresses[channel_type].push_back(address);
            value = std::move(longer);
        }
        undo.release();
        record.value = std::move(value);
        commit(change, record);
        return true;
    }

    /// The identity with that id, or null.
    IdentityPtr find(const std::string& identity_id) const {
        const std::lock_guard lock(mutex_);
        const auto record = records_.find(identity_id);
        return record == records_.end() ? nullptr : record->second.value;
    }

    /// The identity that holds the address in that organization, or null.
    IdentityPtr resolve(const std::string& channel_type,
                        const std::string& address,
                        const std::optional<std::string>& organization_id) const {
        const AddressKey key{organization_id, channel_type, address};
        const std::lock_guard lock(mutex_);
        const auto holder = addresses_.find(key);
        return holder == addresses_.end() ? nullptr : holder->second->value;
    }

    void clear() noexcept {
        const std::lock_guard lock(mutex_);
        addresses_.clear();
        records_.clear();
    }

private:
    struct Record {
        IdentityPtr value;
        /// Number of organizations in which the identity holds each (channel type, address) that it
        /// lists.
        std::map<TextPair, std::size_t, TextPairLess> scopes;
    };

    /// (organization, channel type, address).
    using AddressKey = std::tuple<std::optional<std::string>, std::string, std::string>;
    using Addresses = std::map<AddressKey, Record*>;

    static TextPairView without_organization(const AddressKey& key) noexcept {
        return {std::get<1>(key), std::get<2>(key)};
    }

    /// A prepared transfer of addresses to one identity. Everything that may throw happens during
    /// its preparation.
    struct Change {
        struct Move {
            Addresses::iterator address;
            decltype(Record::scopes)::iterator loser_scopes;
        };
        Addresses fresh;
        std::vector<Move> moves;
        std::map<Record*, std::shared_ptr<Identity>> loser_values;
    };

    void prepare(Change& change, const AddressKey& key) {
        const auto address = addresses_.find(key);
        if (address == addresses_.end()) {
            change.fresh.try_emplace(key, nullptr);
            return;
        }
        Record& loser = *address->second;
        const auto scopes = loser.scopes.find(without_organization(key));
        change.moves.push_back({address, scopes});
        if (scopes->second > 1) return;
        auto& value = change.loser_values[&loser];
        if (!value) value = std::make_shared<Identity>(*loser.value);
        const auto type = value->channel_addresses.find(std::get<1>(key));
        std::erase(type->second, std::get<2>(key));
        if (type->second.empty()) value->channel_addresses.erase(type);
    }

    /// `taker` has an entry in `scopes` for every address.
    void commit(Change& change, Record& taker) noexcept {
        for (const auto& move : change.moves) {
            Record& loser = *move.address->second;
            if (--move.loser_scopes->second == 0) loser.scopes.erase(move.loser_scopes);
            move.address->second = &taker;
            ++taker.scopes.find(without_organization(move.address->first))->second;
        }
        for (auto& [key, holder] : change.fresh) {
            holder = &taker;
            ++taker.scopes.find(without_organization(key))->second;
        }
        addresses_.merge(change.fresh);
        for (auto& [loser, value] : change.loser_values) loser->value = std::move(value);
    }

    static void drop_repetitions(std::vector<std::string>& addresses) {
        TextSet seen;
        std::erase_if(addresses,
                      [&](const std::string& address) { return !seen.insert(address).second; });
    }

    mutable std::mutex mutex_;
    std::map<std::string, Record> records_;
    Addresses addresses_;
};

}  // namespace roomstore::detail::memory
