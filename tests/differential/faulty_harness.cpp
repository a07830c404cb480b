// A memory store with one fault, selected by ROOMSTORE_FAULT, which the comparison must find.

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <utility>

#include "contract/harness.hpp"
#include "roomstore/decorators/forwarding_store.hpp"
#include "roomstore/memory/in_memory_store.hpp"

namespace {

using namespace roomstore;

/// Visible in the result of the call itself, the third of a sequence.
class RejoiningStore final : public ForwardingStore {
public:
    using ForwardingStore::ForwardingStore;

    asio::awaitable<Participant> add_participant(Participant participant) override {
        // Throws the errors of a correct store.
        co_await inner().add_participant(participant);
        co_await inner().remove_participant(participant.room_id, participant.id);
        co_return co_await inner().add_participant(std::move(participant));
    }
};

/// Visible only when the markers are read.
class ForgetfulStore final : public ForwardingStore {
public:
    using ForwardingStore::ForwardingStore;

    asio::awaitable<void> mark_all_read(std::string room_id, std::string channel_id) override {
        // Throws the errors of a correct store.
        co_await inner().get_unread_count(room_id, channel_id);
        const bool there = co_await inner().room_exists(room_id);
        if (!there) throw Error(errc::not_found, "no room");
        co_return;
    }
};

/// Visible only when an append of several events is repeated.
class RepeatingStore final : public ForwardingStore {
public:
    using ForwardingStore::ForwardingStore;

    asio::awaitable<std::vector<RoomEvent>> append_events(std::string room_id,
                                                          std::vector<RoomEvent> events,
                                                          AppendOptions options) override {
        const bool batch = events.size() > 1;
        const auto before = co_await inner().get_event_count(room_id);
        auto stored =
            co_await inner().append_events(room_id, std::move(events), std::move(options));
        if (batch && before == co_await inner().get_event_count(room_id)) {
            throw Error(errc::already_exists, "the batch");
        }
        co_return stored;
    }
};

/// Throws an exception instead of returning a result.
class ThrowingStore final : public ForwardingStore {
public:
    using ForwardingStore::ForwardingStore;

    asio::awaitable<std::vector<Room>> list_rooms(Page page) override {
        auto rooms = co_await inner().list_rooms(page);
        if (rooms.size() > 1) throw std::runtime_error("two rooms are too many");
        co_return rooms;
    }
};

/// Ends the process, as a watchdog or an assertion does.
class AbortingStore final : public ForwardingStore {
public:
    using ForwardingStore::ForwardingStore;

    asio::awaitable<bool> delete_room(std::string) override { std::abort(); }
};

std::shared_ptr<ConversationStore> with_fault(std::shared_ptr<ConversationStore> store) {
    const char* chosen = std::getenv("ROOMSTORE_FAULT");
    const std::string fault = chosen ? chosen : "";
    if (fault == "rejoining") return std::make_shared<RejoiningStore>(std::move(store));
    if (fault == "forgetful") return std::make_shared<ForgetfulStore>(std::move(store));
    if (fault == "repeating") return std::make_shared<RepeatingStore>(std::move(store));
    if (fault == "throwing") return std::make_shared<ThrowingStore>(std::move(store));
    if (fault == "aborting") return std::make_shared<AbortingStore>(std::move(store));
    return store;
}

class FaultyBackend final : public contract::Backend {
public:
    std::shared_ptr<ConversationStore> make_store(Limits limits) override {
        return with_fault(std::make_shared<InMemoryStore>(InMemoryOptions{.limits = limits}));
    }
};

}  // namespace

std::unique_ptr<contract::Backend> roomstore::contract::make_backend() {
    return std::make_unique<FaultyBackend>();
}
