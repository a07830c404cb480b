// Runs the suite on an ObservedStore around a ForwardingStore, which must not change any result,
// and tests what the ObservedStore reports.

#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <asio/error.hpp>

#include "contract/harness.hpp"
#include "contract/operations.hpp"
#include "contract/populated_store.hpp"
#include "roomstore/decorators/forwarding_store.hpp"
#include "roomstore/decorators/observed_store.hpp"
#include "roomstore/memory/in_memory_store.hpp"
#include "support/run.hpp"

namespace roomstore::contract {

namespace {

class Recorder final : public CallObserver {
public:
    struct Call {
        std::string operation;
        std::string room_id;
        std::string outcome;
        bool took_time;
    };

    void on_call(const ObservedCall& call) noexcept override {
        const std::lock_guard lock(mutex_);
        calls_.push_back({std::string(call.operation),
                          std::string(call.room_id),
                          std::string(call.outcome()),
                          call.duration.count() > 0});
    }

    /// Returns the calls reported since the last `take()`.
    std::vector<Call> take() {
        const std::lock_guard lock(mutex_);
        return std::exchange(calls_, {});
    }

private:
    std::mutex mutex_;
    std::vector<Call> calls_;
};

class ObservedBackend final : public Backend {
public:
    std::shared_ptr<ConversationStore> make_store(Limits limits) override {
        const auto store = std::make_shared<InMemoryStore>(InMemoryOptions{.limits = limits});
        return std::make_shared<ObservedStore>(std::make_shared<ForwardingStore>(store),
                                               std::make_shared<Recorder>());
    }
};

/// `room_exists` throws `failure`.
class FailingStore final : public ForwardingStore {
public:
    using ForwardingStore::ForwardingStore;

    asio::awaitable<bool> room_exists(std::string) override {
        std::rethrow_exception(failure);
        co_return false;
    }

    std::exception_ptr failure;
};

}  // namespace

std::unique_ptr<Backend> make_backend() { return std::make_unique<ObservedBackend>(); }

TEST_CASE("the observer is called once per operation, with its name") {
    const std::set<std::string> names_no_room{"list_rooms",
                                              "find_rooms",
                                              "find_latest_room",
                                              "find_room_id_by_channel",
                                              "find_room_ids_by_channel",
                                              "list_inbox",
                                              "get_event",
                                              "reset_cursors",
                                              "create_identity",
                                              "get_identity",
                                              "resolve_identity",
                                              "link_address",
                                              "get_task",
                                              "get_unread_counts",
                                              "get_unread_total"};
    for (const auto& operation : operations()) {
        INFO(operation.name);
        const auto recorder = std::make_shared<Recorder>();
        ObservedStore store(populated_store(), recorder);
        test::run(operation.call(store));
        const auto calls = recorder->take();
        REQUIRE(calls.size() == 1);
        auto name = operation.name.substr(0, operation.name.find(' '));
        if (name == "get_conversation" || name == "get_timeline") name = "list_events";
        CHECK(calls[0].operation == name);
        CHECK(calls[0].outcome == "ok");
        CHECK(calls[0].took_time);
        CHECK(calls[0].room_id.empty() == names_no_room.contains(operation.name));
    }
}

TEST_CASE("the observer is called for init and close, and for failed calls") {
    const auto recorder = std::make_shared<Recorder>();
    ObservedStore store(make_backend()->make_store({}), recorder);
    test::run(store.init());
    CHECK_THROWS_AS(test::run(store.update_room({.id = "nobody's"})), Error);
    CHECK_THROWS_AS(test::run(store.get_room("")), Error);
    test::run(store.close());
    CHECK_THROWS_AS(test::run(store.get_room("room")), Error);
    std::vector<std::string> told;
    for (const auto& call : recorder->take()) {
        told.push_back(call.operation + " '" + call.room_id + "' " + call.outcome);
    }
    CHECK(told == std::vector<std::string>{"init '' ok",
                                           "update_room 'nobody's' not_found",
                                           "get_room '' invalid_argument",
                                           "close '' ok",
                                           "get_room 'room' closed"});
}

TEST_CASE("an ObservedStore rethrows every exception unchanged and reports its outcome") {
    const auto inner = std::make_shared<FailingStore>(make_backend()->make_store({}));
    const auto recorder = std::make_shared<Recorder>();
    ObservedStore store(inner, recorder);

    const std::error_code aborted = asio::error::operation_aborted;
    inner->failure = std::make_exception_ptr(std::system_error(aborted));
    try {
        test::run(store.room_exists("room"));
        FAIL("did not throw");
    } catch (const std::system_error& error) {
        CHECK(error.code() == aborted);
    }
    CHECK(recorder->take().at(0).outcome == "aborted");

    inner->failure = std::make_exception_ptr(std::bad_alloc());
    CHECK_THROWS_AS(test::run(store.room_exists("room")), std::bad_alloc);
    CHECK(recorder->take().at(0).outcome == "internal");

    const auto foreign = std::make_error_code(std::errc::io_error);
    inner->failure = std::make_exception_ptr(std::system_error(foreign));
    CHECK_THROWS_AS(test::run(store.room_exists("room")), std::system_error);
    CHECK(recorder->take().at(0).outcome == "other");
}

TEST_CASE("every errc has a distinct outcome") {
    std::set<std::string_view> names{"ok", "aborted", "other"};
    for (int value = 1; value <= static_cast<int>(errc::internal); ++value) {
        const ObservedCall call{.error = make_error_code(static_cast<errc>(value))};
        CHECK(names.insert(call.outcome()).second);
    }
}

}  // namespace roomstore::contract
