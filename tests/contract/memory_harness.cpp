#include "contract/harness.hpp"
#include "roomstore/memory/in_memory_store.hpp"

namespace {

class MemoryBackend final : public roomstore::contract::Backend {
public:
    std::shared_ptr<roomstore::ConversationStore> make_store(roomstore::Limits limits) override {
        return std::make_shared<roomstore::InMemoryStore>(
            roomstore::InMemoryOptions{.limits = limits});
    }
};

}  // namespace

std::unique_ptr<roomstore::contract::Backend> roomstore::contract::make_backend() {
    return std::make_unique<MemoryBackend>();
}
