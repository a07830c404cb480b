#include "contract/fixture.hpp"

#include <catch2/reporters/catch_reporter_event_listener.hpp>
#include <catch2/reporters/catch_reporter_registrars.hpp>

namespace roomstore::contract {

namespace {

std::unique_ptr<Backend>& backend_slot() {
    static std::unique_ptr<Backend> slot;
    return slot;
}

Backend& backend() {
    auto& slot = backend_slot();
    if (!slot) slot = make_backend();
    return *slot;
}

/// Destroys the backend before static objects that it may use are destroyed.
class BackendKeeper final : public Catch::EventListenerBase {
public:
    using EventListenerBase::EventListenerBase;
    void testRunEnded(const Catch::TestRunStats&) override { backend_slot().reset(); }
};

CATCH_REGISTER_LISTENER(BackendKeeper)

}  // namespace

std::shared_ptr<ConversationStore> fresh_store(Limits limits) {
    auto store = backend().make_store(limits);
    run(store->init());
    return store;
}

std::shared_ptr<ConversationStore> uninitialised_store() { return backend().make_store({}); }

std::shared_ptr<ConversationStore> reopened(const ConversationStore& store) {
    auto again = backend().reopen_store(store);
    if (again) run(again->init());
    return again;
}

std::shared_ptr<ConversationStore> store_with_room() {
    auto store = fresh_store();
    run(store->create_room(sample_room()));
    return store;
}

}  // namespace roomstore::contract
