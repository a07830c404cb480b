// Resolving an address to an identity. Addresses are scoped by organization: the same telephone
// number may belong to different identities in different organizations, or to none. A lookup never
// returns an identity of another organization.

#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>

#include <roomstore/roomstore.hpp>

using roomstore::ConversationStore;
using roomstore::Identity;

constexpr auto sms = roomstore::ChannelType::sms;
const std::string shared_phone = "+4930123456";

void expect(bool holds, const char* what) {
    if (!holds) throw std::logic_error(what);
}

asio::awaitable<std::string> who(ConversationStore& store, std::optional<std::string> company) {
    const auto identity = co_await store.resolve_identity(sms, shared_phone, company);
    co_return identity ? identity->display_name.value_or(identity->id) : "nobody";
}

asio::awaitable<void> run(ConversationStore& store) {
    co_await store.init();
    Identity ada{.id = "ada", .organization_id = "analytical", .display_name = "Ada"};
    ada.channel_addresses["sms"] = {shared_phone};
    co_await store.create_identity(ada);
    Identity grace{.id = "grace", .organization_id = "compilers", .display_name = "Grace"};
    co_await store.create_identity(grace);
    co_await store.link_address("grace", sms, shared_phone, "compilers");

    const auto at_analytical = co_await who(store, "analytical");
    const auto at_compilers = co_await who(store, "compilers");
    const auto elsewhere = co_await who(store, "elsewhere");
    const auto unscoped = co_await who(store, std::nullopt);
    std::cout << at_analytical << ", " << at_compilers << ", " << elsewhere << ", " << unscoped
              << '\n';
    expect(at_analytical == "Ada" && at_compilers == "Grace", "wrong identity for an organization");
    // No organization is a scope of its own: such a lookup does not search all organizations.
    expect(elsewhere == "nobody" && unscoped == "nobody", "a lookup crossed organizations");

    // Linking the number to a colleague unlinks it from its previous owner in the same call.
    Identity charles{.id = "charles", .organization_id = "analytical", .display_name = "Charles"};
    co_await store.create_identity(charles);
    co_await store.link_address("charles", sms, shared_phone, "analytical");
    const auto now_at_analytical = co_await who(store, "analytical");
    const auto former = co_await store.get_identity("ada");
    expect(now_at_analytical == "Charles", "the address did not move");
    const auto left = former->channel_addresses.find("sms");
    expect(left == former->channel_addresses.end() || left->second.empty(),
           "two people hold one address");
    const auto still_grace = co_await who(store, "compilers");
    expect(still_grace == "Grace", "the link changed another organization");

    // A participant refers to the identity that was resolved for it.
    roomstore::Room room{.id = "calls", .organization_id = "analytical"};
    co_await store.create_room(room);
    roomstore::Participant caller{.id = "caller", .room_id = "calls", .channel_id = "sms:1"};
    caller.identification = roomstore::IdentificationStatus::identified;
    caller.identity_id = "charles";
    co_await store.add_participant(caller);
    co_await store.close();
}

int main() {
    asio::io_context io;
    roomstore::InMemoryStore store;
    asio::co_spawn(io, run(store), [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
    });
    io.run();
}
