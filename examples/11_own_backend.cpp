// A custom backend and its test: this program runs the contract suite on it. Link
// roomstore::contract_tests and define make_backend(); the suite checks every rule that the two
// backends of roomstore obey, and provides Catch2's main.
//
// This backend keeps rooms in memory and writes a journal of the appended events. For a backend
// that shares nothing with those of roomstore, see tests/package/third_backend.

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

/// Derives from ForwardingStore for brevity: a backend written from scratch derives from
/// ConversationStore and implements every operation.
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
    // Called from any thread at any time. The event is already stored, so a failure to write the
    // journal must not fail the call.
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

/// The suite creates about 300 stores, each of which must be empty.
class JournalBackend final : public roomstore::contract::Backend {
public:
    std::shared_ptr<roomstore::ConversationStore> make_store(roomstore::Limits limits) override {
        return std::make_shared<JournalStore>(limits, "/dev/null");
    }
};

std::unique_ptr<roomstore::contract::Backend> roomstore::contract::make_backend() {
    return std::make_unique<JournalBackend>();
}
