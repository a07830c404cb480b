// A webhook that a provider may deliver more than once. The provider's id of the delivery is the
// idempotency key: the first delivery is stored, every other one gets the event that the first one
// became, and does not do its work again.

#include <iostream>
#include <stdexcept>
#include <string>
#include <utility>

#include <roomstore/roomstore.hpp>

using roomstore::ConversationStore;
using roomstore::Json;
using roomstore::RoomEvent;

/// What the handler of the HTTP request does with its body.
class Webhook {
public:
    explicit Webhook(ConversationStore& store) : store_(store) {}

    /// @returns what the provider is answered: the index of the event, the same for each delivery.
    asio::awaitable<std::int64_t> receive(Json body) {
        RoomEvent event{.room_id = "support"};
        event.source = {.channel_id = "sms:+4930123456", .channel_type = "sms"};
        event.source.provider_message_id = body.at("message_id").get<std::string>();
        event.content = roomstore::TextContent{.body = body.at("text").get<std::string>()};
        event.idempotency_key = body.at("delivery_id").get<std::string>();
        event.source.raw_payload = std::move(body);

        const RoomEvent stored = co_await store_.add_event_auto_index("support", event);
        // Every delivery made an event with an id of its own; the stored one has the first id.
        if (stored.id == event.id) ++answers_sent_;
        co_return stored.index;
    }

    int answers_sent() const { return answers_sent_; }

private:
    ConversationStore& store_;
    int answers_sent_ = 0;
};

asio::awaitable<void> run(ConversationStore& store) {
    co_await store.init();
    roomstore::Room room{.id = "support"};
    co_await store.create_room(room);

    Webhook webhook(store);
    const Json hello{{"delivery_id", "d-1"}, {"message_id", "m-1"}, {"text", "Hello?"}};
    const Json still{{"delivery_id", "d-2"}, {"message_id", "m-2"}, {"text", "Anybody there?"}};
    const auto first = co_await webhook.receive(hello);
    const auto second = co_await webhook.receive(still);
    // The provider did not see our answer in time, and delivers again.
    const auto again = co_await webhook.receive(hello);

    const auto count = co_await store.get_event_count("support");
    const bool known = co_await store.check_idempotency("support", "d-1");
    std::cout << "3 deliveries, " << count << " events, " << webhook.answers_sent() << " answers\n";
    if (first != 0 || second != 1 || again != first || count != 2 || !known ||
        webhook.answers_sent() != 2) {
        throw std::logic_error("a redelivery was taken for something new");
    }
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
