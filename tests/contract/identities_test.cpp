#include "contract/populated_store.hpp"
#include "support/populated.hpp"

namespace roomstore::contract {

namespace {

using Addresses = std::map<std::string, std::vector<std::string>>;
using Organization = std::optional<std::string>;

void create(ConversationStore& store,
            std::string id,
            Organization organization = {},
            Addresses addresses = {}) {
    run(store.create_identity({.id = std::move(id),
                               .organization_id = std::move(organization),
                               .channel_addresses = std::move(addresses)}));
}

void link(ConversationStore& store,
          std::string id,
          std::string address,
          Organization organization = {},
          ChannelType type = ChannelType::sms) {
    run(store.link_address(
        std::move(id), std::move(type), std::move(address), std::move(organization)));
}

/// The id of the identity that holds the address; empty if none does.
std::string holder(ConversationStore& store,
                   std::string address,
                   Organization organization = {},
                   ChannelType type = ChannelType::sms) {
    const auto identity =
        run(store.resolve_identity(std::move(type), std::move(address), std::move(organization)));
    return identity ? identity->id : "";
}

Addresses addresses_of(ConversationStore& store, std::string id) {
    const auto identity = run(store.get_identity(std::move(id)));
    REQUIRE(identity);
    return identity->channel_addresses;
}

}  // namespace

TEST_CASE("create_identity stores the identity and returns the stored row", "[identities]") {
    const auto store = fresh_store();
    CHECK(run(store->create_identity(full_identity())) == full_identity());
    CHECK(run(store->get_identity("identity")) == full_identity());
    CHECK(run(store->get_identity("unknown")) == std::nullopt);
}

TEST_CASE("create_identity with an existing id is already_exists and moves no address",
          "[identities]") {
    const auto store = populated_store();
    const auto before = dump(*store);
    auto again = full_identity();
    again.channel_addresses = {{"sms", {"+1 555 0100", "+1 555 0199"}}};
    CHECK_FAILS(store->create_identity(again), errc::already_exists);
    CHECK(dump(*store) == before);
    CHECK(holder(*store, "+1 555 0199", "organization").empty());
}

TEST_CASE("create_identity links the addresses within the organization of the identity",
          "[identities]") {
    const auto store = fresh_store();
    create(*store, "ada", "org", {{"sms", {"1", "2"}}, {"email", {"1"}}});
    CHECK(holder(*store, "1", "org") == "ada");
    CHECK(holder(*store, "2", "org") == "ada");
    CHECK(holder(*store, "1", "org", ChannelType::email) == "ada");
    CHECK(holder(*store, "2", "org", ChannelType::email).empty());
    CHECK(holder(*store, "1", "org", ChannelType::voice).empty());
    CHECK(run(store->resolve_identity(ChannelType::sms, "1", "org")) ==
          run(store->get_identity("ada")));
}

TEST_CASE("lookups in one organization or without one never find addresses of another",
          "[identities]") {
    const auto store = fresh_store();
    create(*store, "scoped", "org", {{"sms", {"1"}}});
    create(*store, "unscoped", {}, {{"sms", {"2"}}});
    CHECK(holder(*store, "1").empty());
    CHECK(holder(*store, "1", "other org").empty());
    CHECK(holder(*store, "1", "ORG").empty());
    CHECK(holder(*store, "2", "org").empty());
    CHECK(holder(*store, "2") == "unscoped");

    create(*store, "also unscoped", {}, {{"sms", {"1"}}});
    CHECK(holder(*store, "1") == "also unscoped");
    CHECK(holder(*store, "1", "org") == "scoped");
    CHECK(addresses_of(*store, "scoped") == Addresses{{"sms", {"1"}}});
}

TEST_CASE("addresses compare by bytes", "[identities]") {
    const auto store = fresh_store();
    create(*store, "ada", {}, {{"email", {"Ada@example.org"}}});
    CHECK(holder(*store, "Ada@example.org", {}, ChannelType::email) == "ada");
    CHECK(holder(*store, "ada@example.org", {}, ChannelType::email).empty());
    CHECK(holder(*store, "Ada@example.org ", {}, ChannelType::email).empty());
}

TEST_CASE("link_address links an address to an identity", "[identities]") {
    const auto store = fresh_store();
    create(*store, "ada", "org", {{"sms", {"1"}}});
    link(*store, "ada", "3", "org");
    link(*store, "ada", "2", "org");
    link(*store, "ada", "mail", "org", ChannelType::email);
    CHECK(holder(*store, "3", "org") == "ada");
    CHECK(holder(*store, "mail", "org", ChannelType::email) == "ada");
    CHECK(addresses_of(*store, "ada") == Addresses{{"email", {"mail"}}, {"sms", {"1", "3", "2"}}});
}

TEST_CASE("linking an address again to its holder changes nothing", "[identities]") {
    const auto store = fresh_store();
    create(*store, "ada", {}, {{"sms", {"1", "2"}}});
    link(*store, "ada", "1");
    CHECK(holder(*store, "1") == "ada");
    CHECK(addresses_of(*store, "ada") == Addresses{{"sms", {"1", "2"}}});
}

TEST_CASE("relinking moves the address and removes it from the previous identity", "[identities]") {
    const auto store = fresh_store();
    create(*store, "ada", "org", {{"sms", {"1", "2", "3"}}});
    create(*store, "grace", "org", {{"sms", {"9"}}});
    link(*store, "grace", "2", "org");
    CHECK(holder(*store, "2", "org") == "grace");
    CHECK(addresses_of(*store, "ada") == Addresses{{"sms", {"1", "3"}}});
    CHECK(addresses_of(*store, "grace") == Addresses{{"sms", {"9", "2"}}});
    link(*store, "ada", "2", "org");
    CHECK(holder(*store, "2", "org") == "ada");
    CHECK(addresses_of(*store, "ada") == Addresses{{"sms", {"1", "3", "2"}}});
    CHECK(addresses_of(*store, "grace") == Addresses{{"sms", {"9"}}});
}

TEST_CASE("an identity without addresses of a channel type does not list the type",
          "[identities]") {
    const auto store = fresh_store();
    create(*store, "ada", {}, {{"sms", {"1"}}, {"email", {"1"}}});
    create(*store, "grace");
    link(*store, "grace", "1");
    CHECK(addresses_of(*store, "ada") == Addresses{{"email", {"1"}}});
}

TEST_CASE("relinking in one organization does not affect the others", "[identities]") {
    const auto store = fresh_store();
    create(*store, "ada", "org", {{"sms", {"1", "2"}}});
    link(*store, "ada", "1", "other org");
    link(*store, "ada", "1");
    create(*store, "grace", "org");

    link(*store, "grace", "1", "org");
    CHECK(holder(*store, "1", "org") == "grace");
    CHECK(holder(*store, "1", "other org") == "ada");
    CHECK(holder(*store, "1") == "ada");
    // Still held in other organizations: it stays in the list, once and at the same position.
    CHECK(addresses_of(*store, "ada") == Addresses{{"sms", {"1", "2"}}});
    CHECK(addresses_of(*store, "grace") == Addresses{{"sms", {"1"}}});

    link(*store, "grace", "1", "other org");
    CHECK(addresses_of(*store, "ada") == Addresses{{"sms", {"1", "2"}}});
    link(*store, "grace", "1");
    CHECK(addresses_of(*store, "ada") == Addresses{{"sms", {"2"}}});
    CHECK(addresses_of(*store, "grace") == Addresses{{"sms", {"1"}}});
}

TEST_CASE("create_identity takes over addresses held in the same organization", "[identities]") {
    const auto store = fresh_store();
    create(*store, "ada", "org", {{"sms", {"1", "2"}}});
    create(*store, "elsewhere", "other org", {{"sms", {"1"}}});
    create(*store, "grace", "org", {{"sms", {"2", "3"}}});
    CHECK(holder(*store, "2", "org") == "grace");
    CHECK(addresses_of(*store, "ada") == Addresses{{"sms", {"1"}}});
    CHECK(addresses_of(*store, "grace") == Addresses{{"sms", {"2", "3"}}});
    CHECK(holder(*store, "1", "other org") == "elsewhere");
}

TEST_CASE("link_address of an unknown identity is not_found and moves nothing", "[identities]") {
    const auto store = populated_store();
    const auto before = dump(*store);
    CHECK_FAILS(store->link_address("unknown", ChannelType::sms, "+442079460000", "organization"),
                errc::not_found);
    CHECK(dump(*store) == before);
    CHECK(holder(*store, "+442079460000", "organization") == "identity");
}

TEST_CASE("identities can hold addresses of custom channel types", "[identities]") {
    const auto store = fresh_store();
    create(*store, "ada", {}, {{"my.own-type", {"1"}}});
    CHECK(holder(*store, "1", {}, "my.own-type") == "ada");
    link(*store, "ada", "2", {}, "x_9");
    CHECK(holder(*store, "2", {}, "x_9") == "ada");
}

TEST_CASE("a channel type given with no addresses is kept", "[identities]") {
    const auto store = fresh_store();
    create(*store, "ada", {}, {{"sms", {}}});
    CHECK(addresses_of(*store, "ada") == Addresses{{"sms", {}}});
    link(*store, "ada", "1");
    CHECK(addresses_of(*store, "ada") == Addresses{{"sms", {"1"}}});
}

TEST_CASE("an address may be 1024 bytes long", "[identities]") {
    const auto store = fresh_store();
    const std::string longest(1024, 'x');
    create(*store, "ada", {}, {{"sms", {longest}}});
    CHECK(holder(*store, longest) == "ada");
    CHECK(holder(*store, std::string(1023, 'x')).empty());
}

}  // namespace roomstore::contract
