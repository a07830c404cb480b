// A backend of one's own, and the proof that it is one: this program is the contract suite, run on
// it. Link roomstore::contract_tests, define make_backend(), and every rule that the two backends
// of roomstore obey is checked; the suite brings Catch2's main.
//
// This backend keeps rooms in memory and writes a journal of what is appended. One that shares
// nothing with those of roomstore: tests/package/third_backend.

#include <contract/harness.hpp>
#include <fstream>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>

#include <roomstore/decorators/forwarding_store.hpp>
#include <roomstore/roomstore.hpp>

using roomstore::RoomEvent;

/// Derives from ForwardingStore for the sake of brevity: a backend that starts from nothing derives
/// from ConversationStore and defines each operation.
class JournalStore final : public roomstore::ForwardingStore {
public:
    JournalStore(roomstore::Limits limits, const std::string& path)
        : ForwardingStore(std::make_shared<roomstore::InMemoryStore>(
              roomstore::InMemoryOptions{.limits = limits})),
          journal_(path, std::ios::app) {
        if (!journal_) throw std::runtime_error("cannot write " + path);
    }

    asio::awaitable<RoomEvent> add_event_auto_index(std::string room_id, RoomEvent event) override {
        auto stored =
            co_await ForwardingStore::add_event_auto_index(std::move(room_id), std::move(event));
        write(stored);
        co_return stored;
    }

private:
    // Called from any thread at any time. What was stored stays stored: a journal that is full must
    // not make the caller believe otherwise.
    void write(const RoomEvent& event) noexcept {
        try {
            const std::lock_guard lock(mutex_);
            journal_ << roomstore::Json(event) << '\n';
        } catch (const std::exception&) {
        }
    }

    std::mutex mutex_;
    std::ofstream journal_;
};

/// The suite asks for some 300 stores, each over no data.
class JournalBackend final : public roomstore::contract::Backend {
public:
    std::shared_ptr<roomstore::ConversationStore> make_store(roomstore::Limits limits) override {
        return std::make_shared<JournalStore>(limits, "/dev/null");
    }
};

std::unique_ptr<roomstore::contract::Backend> roomstore::contract::make_backend() {
    return std::make_unique<JournalBackend>();
}
