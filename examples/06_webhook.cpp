// A webhook that a provider may deliver more than once. The provider's delivery id is the
// idempotency key: the first delivery is stored; every later one gets the event that the first one
// stored, and is not processed again.

#include <iostream>
#include <stdexcept>
#include <string>
#include <utility>

#include <roomstore/roomstore.hpp>

using roomstore::ConversationStore;
using roomstore::Json;
using roomstore::RoomEvent;

/// Processes the body of the HTTP request.
class Webhook {
public:
    explicit Webhook(ConversationStore& store) : store_(store) {}

    /// @returns the answer to the provider: the index of the event, the same for every delivery.
    asio::awaitable<std::int64_t> receive(Json body) {
        RoomEvent event{.room_id = "support"};
        event.source = {.channel_id = "sms:+4930123456", .channel_type = "sms"};
        event.source.provider_message_id = body.at("message_id").get<std::string>();
        event.content = roomstore::TextContent{.body = body.at("text").get<std::string>()};
        event.idempotency_key = body.at("delivery_id").get<std::string>();
        event.source.raw_payload = std::move(body);

        const RoomEvent stored = co_await store_.add_event_auto_index("support", event);
        // Each delivery creates an event with a new id; the stored event has the id of the first.
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
    // The provider did not get the answer in time and delivers again.
    const auto again = co_await webhook.receive(hello);

    const auto count = co_await store.get_event_count("support");
    const bool known = co_await store.check_idempotency("support", "d-1");
    std::cout << "3 deliveries, " << count << " events, " << webhook.answers_sent() << " answers\n";
    if (first != 0 || second != 1 || again != first || count != 2 || !known ||
        webhook.answers_sent() != 2) {
        throw std::logic_error("a redelivery was processed again");
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
