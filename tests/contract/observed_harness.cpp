// Runs the suite on an ObservedStore around a ForwardingStore, which must not change any result,
// and tests what the ObservedStore reports.

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <asio/error.hpp>
#include <asio/io_context.hpp>

#include "contract/harness.hpp"
#include "contract/operations.hpp"
#include "contract/populated_store.hpp"
#include "roomstore/decorators/forwarding_store.hpp"
#include "roomstore/decorators/observed_store.hpp"
#include "roomstore/memory/in_memory_store.hpp"
#include "roomstore/room_feed.hpp"
#include "support/run.hpp"
#include "unit/watch/waiting.hpp"

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
    struct Wait {
        std::size_t rooms;
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

    void on_wait(const ObservedWait& wait) noexcept override {
        const std::lock_guard lock(mutex_);
        waits_.push_back({wait.rooms, std::string(wait.outcome()), wait.duration.count() > 0});
    }

    /// Returns the calls reported since the last `take()`.
    std::vector<Call> take() {
        const std::lock_guard lock(mutex_);
        return std::exchange(calls_, {});
    }

    /// Returns the waits reported since the last `take_waits()`, each as a text.
    std::vector<std::string> take_waits() {
        const std::lock_guard lock(mutex_);
        std::vector<std::string> texts;
        for (const auto& wait : std::exchange(waits_, {})) {
            texts.push_back(wait.outcome + ' ' + std::to_string(wait.rooms) +
                            (wait.took_time ? "" : " in no time"));
        }
        return texts;
    }

private:
    std::mutex mutex_;
    std::vector<Call> calls_;
    std::vector<Wait> waits_;
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

TEST_CASE("the observer is told of waits apart from calls") {
    const auto recorder = std::make_shared<Recorder>();
    ObservedStore store(make_backend()->make_store({}), recorder);
    test::run(store.init());
    recorder->take();
    asio::io_context context;
    const auto poll = [&] {
        context.restart();
        context.poll();
    };
    using Waits = std::vector<std::string>;
    using test::Rooms;
    using test::Waiting;

    const auto watch = store.watch_rooms({.rooms = {"b", "a"}});
    // A call that is never awaited.
    static_cast<void>(watch->next());
    CHECK(recorder->take_waits().empty());
    CHECK(test::rooms_of(test::run(watch->next())) == Rooms{"a", "b"});
    CHECK(recorder->take_waits() == Waits{"ok 2"});

    Waiting waiting(context.get_executor(), watch->next());
    poll();
    CHECK(recorder->take_waits().empty());
    Waiting second(context.get_executor(), watch->next());
    poll();
    CHECK(second.failed(errc::invalid_argument));
    CHECK(recorder->take_waits() == Waits{"invalid_argument 0"});
    watch->add("c");
    watch->mark("a");
    watch->remove("b");
    CHECK(watch->rooms() == Rooms{"a", "c"});
    poll();
    CHECK(test::reported(waiting) == Rooms{"a", "c"});
    CHECK(recorder->take_waits() == Waits{"ok 2"});

    Waiting cancelled(context.get_executor(), watch->next());
    poll();
    cancelled.cancel();
    poll();
    CHECK(cancelled.aborted());
    CHECK(recorder->take_waits() == Waits{"aborted 0"});
    CHECK(recorder->take().empty());

    // What was written between two waits is a call.
    const Room room{.id = "a"};
    test::run(store.create_room(room));
    CHECK(recorder->take().size() == 1);
    CHECK(test::rooms_of(test::run(watch->next())) == Rooms{"a"});
    CHECK(recorder->take_waits() == Waits{"ok 1"});

    watch->close();
    Waiting ended(context.get_executor(), watch->next());
    poll();
    CHECK(ended.aborted());
    CHECK(recorder->take_waits() == Waits{"aborted 0"});
    auto other = store.watch_rooms({.rooms = {}});
    Waiting of_destroyed(context.get_executor(), other->next());
    poll();
    other.reset();
    poll();
    CHECK(of_destroyed.aborted());
    CHECK(recorder->take_waits() == Waits{"aborted 0"});

    const auto last = store.watch_rooms({.rooms = {"a"}});
    test::run(store.close());
    CHECK_THROWS_AS(test::run(last->next()), Error);
    CHECK(recorder->take_waits() == Waits{"closed 0"});
    CHECK(recorder->take().at(0).operation == "close");
}

TEST_CASE("every observer around a store is told of the waits of a feed") {
    const auto inner = std::make_shared<Recorder>();
    const auto outer = std::make_shared<Recorder>();
    const auto observed = std::make_shared<ObservedStore>(make_backend()->make_store({}), inner);
    ObservedStore store(observed, outer);
    test::run(store.init());
    const Room room{.id = "room"};
    test::run(store.create_room(room));
    RoomFeed feed(store, "room");
    CHECK(test::run(feed.next()).exists);
    for (const auto& recorder : {inner, outer}) {
        CHECK(recorder->take().back().operation == "list_changes");
        CHECK(recorder->take_waits().empty());
    }
    asio::io_context context;
    test::Waiting waiting(context.get_executor(), feed.next());
    context.poll();
    // The room was reported when it was added, and nothing has changed since.
    for (const auto& recorder : {inner, outer}) {
        CHECK(recorder->take_waits() == std::vector<std::string>{"ok 1"});
    }
    test::run(store.update_room(room));
    context.restart();
    context.poll();
    REQUIRE(waiting.result());
    CHECK(waiting.result()->room);
    for (const auto& recorder : {inner, outer}) {
        CHECK(recorder->take_waits() == std::vector<std::string>{"ok 1"});
        CHECK(recorder->take().back().operation == "list_changes");
    }
}

TEST_CASE("every errc has a distinct outcome") {
    std::set<std::string_view> names{"ok", "aborted", "other"};
    for (int value = 1; value <= static_cast<int>(errc::internal); ++value) {
        const ObservedCall call{.error = make_error_code(static_cast<errc>(value))};
        CHECK(names.insert(call.outcome()).second);
    }
}

}  // namespace roomstore::contract
