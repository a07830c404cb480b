#include "roomstore/memory/detail/identity_index.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include <catch2/catch_test_macros.hpp>

using namespace roomstore;
using roomstore::detail::memory::IdentityIndex;

namespace {

constexpr auto always = [] { return true; };

const std::array<std::optional<std::string>, 3> organizations{std::nullopt, "o1", "o2"};
const std::array<std::string, 2> types{"email", "sms"};
const std::array<std::string, 3> addresses{"a1", "a2", "a3"};

using Lists = std::map<std::string, std::vector<std::string>>;

/// A simple, slow implementation of the address rules.
struct Model {
    using Key = std::tuple<std::optional<std::string>, std::string, std::string>;
    std::map<Key, std::string> holders;
    std::map<std::string, Lists> lists;

    void link(const std::string& id,
              const std::optional<std::string>& organization,
              const std::string& type,
              const std::string& address) {
        const Key key{organization, type, address};
        const auto old = holders.find(key);
        if (old != holders.end() && old->second == id) return;
        const std::string loser = old == holders.end() ? "" : old->second;
        holders[key] = id;
        if (!loser.empty() && !holds(loser, type, address)) {
            auto& list = lists[loser][type];
            std::erase(list, address);
            if (list.empty()) lists[loser].erase(type);
        }
        auto& list = lists[id][type];
        if (std::ranges::find(list, address) == list.end()) list.push_back(address);
    }

    bool holds(const std::string& id, const std::string& type, const std::string& address) const {
        return std::ranges::any_of(organizations, [&](const auto& organization) {
            const auto entry = holders.find({organization, type, address});
            return entry != holders.end() && entry->second == id;
        });
    }
};

}  // namespace

TEST_CASE("an identity index agrees with a simple model under random changes") {
    for (unsigned seed = 1; seed <= 30; ++seed) {
        INFO("seed " << seed);
        std::mt19937 random(seed);
        const auto any = [&](const auto& values) { return values[random() % values.size()]; };
        IdentityIndex index;
        Model model;
        for (int step = 0; step < 120; ++step) {
            const std::string id = "i" + std::to_string(random() % 5);
            if (random() % 4 == 0) {
                Identity identity{.id = id, .organization_id = any(organizations)};
                for (const auto& type : types) {
                    if (random() % 2 == 0) continue;
                    auto& list = identity.channel_addresses[type];
                    // Including empty lists and duplicate addresses.
                    for (auto count = random() % 4; count > 0; --count) {
                        list.push_back(any(addresses));
                    }
                }
                const bool exists = model.lists.contains(id);
                const auto given = identity.channel_addresses;
                REQUIRE(index.create(identity, always) ==
                        (exists ? IdentityIndex::Created::exists : IdentityIndex::Created::yes));
                if (!exists) {
                    model.lists[id];
                    for (const auto& [type, list] : given) {
                        model.lists[id][type];
                        for (const auto& address : list) {
                            model.link(id, identity.organization_id, type, address);
                        }
                    }
                    REQUIRE(identity.channel_addresses == model.lists[id]);
                }
            } else {
                const auto organization = any(organizations);
                const auto type = any(types);
                const auto address = any(addresses);
                const bool exists = model.lists.contains(id);
                REQUIRE(index.link(id, type, address, organization) == exists);
                if (exists) model.link(id, organization, type, address);
            }
            for (const auto& [known, lists] : model.lists) {
                REQUIRE(index.find(known)->channel_addresses == lists);
            }
            for (const auto& organization : organizations) {
                for (const auto& type : types) {
                    for (const auto& address : addresses) {
                        const auto holder = model.holders.find({organization, type, address});
                        const auto found = index.resolve(type, address, organization);
                        REQUIRE((found != nullptr) == (holder != model.holders.end()));
                        if (found) REQUIRE(found->id == holder->second);
                    }
                }
            }
        }
    }
}

TEST_CASE("an identity index adds nothing if the creation is not allowed") {
    IdentityIndex index;
    Identity identity{.id = "i", .channel_addresses = {{"sms", {"a"}}}};
    CHECK(index.create(identity, [] { return false; }) == IdentityIndex::Created::not_allowed);
    CHECK(index.find("i") == nullptr);
    CHECK(index.resolve("sms", "a", {}) == nullptr);
    CHECK(index.create(identity, always) == IdentityIndex::Created::yes);
    index.clear();
    CHECK(index.find("i") == nullptr);
    CHECK(index.resolve("sms", "a", {}) == nullptr);
}
