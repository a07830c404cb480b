#include <contract/harness.hpp>

#include "locked_store.hpp"

struct LockedBackend final : roomstore::contract::Backend {
    std::shared_ptr<roomstore::ConversationStore> make_store(roomstore::Limits limits) override {
        return make_locked_store(limits);
    }
};

std::unique_ptr<roomstore::contract::Backend> roomstore::contract::make_backend() {
    return std::make_unique<LockedBackend>();
}
