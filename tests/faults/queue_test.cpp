// More calls than the queue holds, and calls that are cancelled.

#include <deque>
#include <random>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "faults/fault_fixture.hpp"
#include "postgres/hanging_commits.hpp"
#include "support/tcp_proxy.hpp"

namespace roomstore::test {

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int cancelled_appends = 1'000;
// With more callers the thread is so busy that its timers expire too late to cancel anything.
constexpr int cancelling_callers = 10;
#else
constexpr int cancelled_appends = 10'000;
constexpr int cancelling_callers = 50;
#endif

/// Appends to the room `a` one after the other, cancels each at a random instant, and records the
/// results.
class CancellingCaller {
public:
    CancellingCaller(StoreUnderFault& fault, History& history, LogicalClock& clock, int number)
        : fault_(fault), history_(history), clock_(clock), number_(number), random_(number + 1) {}

    asio::awaitable<void> append(int appends) {
        const auto executor = co_await asio::this_coro::executor;
        asio::steady_timer timer(executor);
        for (int i = 0; i < appends; ++i) {
            asio::cancellation_signal signal;
            const auto began = Clock::now();
            timer.expires_after(Clock::duration(random_() % span_.count()));
            timer.async_wait([&signal](std::error_code code) {
                if (!code) signal.emit(asio::cancellation_type::terminal);
            });
            auto record = begin(i);
            auto call = fault_.store().add_event_auto_index("a", event(i));
            try {
                auto cancellable = asio::co_spawn(
                    executor,
                    std::move(call),
                    asio::bind_cancellation_slot(signal.slot(), asio::use_awaitable));
                const auto stored = co_await std::move(cancellable);
                record.outcome = AppendOutcome::stored;
                record.index = stored.index;
                ++stored_;
                span_ = 2 * std::max<Clock::duration>(Clock::now() - began, 100us);
            } catch (const std::system_error& error) {
                record.outcome = AppendOutcome::refused;
                ++(error.code() == asio::error::operation_aborted ? aborted_ : failed_);
            }
            record.answered_at = clock_.tick();
            history_.add(std::move(record));
            // The handler of the timer refers to the signal.
            if (timer.cancel() == 0) co_await asio::post(executor, asio::use_awaitable);
        }
    }

    int stored() const { return stored_; }
    int aborted() const { return aborted_; }
    int failed() const { return failed_; }

private:
    RoomEvent event(int i) const {
        return make_event(
            {.id = std::to_string(number_) + "-" + std::to_string(i), .room_id = "a"});
    }
    AppendRecord begin(int i) {
        const auto appended = event(i);
        return {.room_id = "a",
                .event_id = appended.id,
                .invoked_at = clock_.tick(),
                .digest = digest_of(appended)};
    }

    using Clock = std::chrono::steady_clock;

    StoreUnderFault& fault_;
    History& history_;
    LogicalClock& clock_;
    int number_;
    /// The next cancellation occurs within this time. Twice the duration of the last stored append,
    /// so that most cancellations hit a call on any machine.
    Clock::duration span_ = 20ms;
    std::minstd_rand random_;
    int stored_ = 0;
    int aborted_ = 0;
    int failed_ = 0;
};

using Begin = std::chrono::steady_clock::time_point;

asio::awaitable<RoomEvent> noting_begin(PostgresStore& store, RoomEvent event, Begin& began) {
    began = std::chrono::steady_clock::now();
    const auto room = event.room_id;
    auto appended = store.add_event_auto_index(room, std::move(event));
    co_return co_await std::move(appended);
}

/// An append that stores its start time in `began`, before it ends.
Task<RoomEvent> append_and_note(StoreUnderFault& fault,
                                const std::string& room,
                                const std::string& id,
                                Begin& began) {
    auto event = make_event({.id = id, .room_id = room});
    return {fault.caller().context(), noting_begin(fault.store(), std::move(event), began)};
}

}  // namespace

TEST_CASE("with a full queue an append is busy at once; queued appends run in order", "[F11]") {
    auto& server = shared_server();
    auto options = patient_options(GENERATE(256, 1));
    options.connections = 2;
    options.queue_capacity = 8;
    StoreUnderFault fault(server, options);
    RoomLock first(server, fault, "a");
    RoomLock second(server, fault, "b");
    auto in_a = fault.append("a", "a");
    await([&] { return fault.waits_for_lock(); });
    auto in_b = fault.append("b", "b");
    await([&] { return fault.backends("wait_event_type = 'Lock'") == "2"; });
    std::deque<Task<RoomEvent>> waiting;
    for (int i = 0; i < 8; ++i) waiting.push_back(fault.append("c", std::to_string(i)));
    await([&] { return fault.store().stats().queue_length == 8; });
    // Must fail at once: nothing can leave the queue before it is answered.
    check_failure(fault.append("c", "too many").get(),
                  errc::busy,
                  "c",
                  "the queue is full: 8 calls (PostgresOptions::queue_capacity)");
    CHECK(fault.store().stats().calls_refused == 1);
    // Frees only one connection: on two of them, two appends could lock the room in either order.
    first.release();
    CHECK(in_a.get().result);
    std::int64_t next = 0;
    for (auto& task : waiting) CHECK(task.get().result->index == next++);
    second.release();
    CHECK(in_b.get().result);
    CHECK(fault.times_stored("too many") == "0");
    fault.recover();
}

TEST_CASE("an append that gets no connection fails at its deadline", "[F11]") {
    TcpProxy proxy(shared_server().port());
    auto options = patient_options(GENERATE(256, 1));
    options.connection_string = proxy.connection_string();
    options.deadline = 500ms;
    StoreUnderFault fault(shared_server(), options);
    // The connection is occupied until it is cut, 100 ms after the deadline of its call. A call
    // that begins later than that gets a new connection; that proves nothing, and the test is
    // repeated.
    constexpr auto soon = 80ms;
    for (bool shown = false; !shown;) {
        const auto held =
            proxy.inject({.action = TcpProxy::Action::hold, .statement = "append.lock_room"});
        Begin running_began{};
        Begin queued_began{};
        auto running = append_and_note(fault, "a", "running", running_began);
        await([&] { return proxy.holding(held) == 1; });
        auto queued = append_and_note(fault, "b", "queued", queued_began);
        const auto queued_ended = queued.get();
        const auto running_ended = running.get();
        shown = queued_began - running_began < soon;
        if (shown) {
            check_failure(queued_ended, errc::timeout, "b", "no connection was free within 500 ms");
            check_failure(
                running_ended, errc::timeout, "a", "port " + std::to_string(proxy.port()));
            CHECK(std::chrono::steady_clock::now() - running_began <
                  options.deadline + promised_delay + busy_machine);
        }
        proxy.remove(held);
    }
    CHECK(fault.times_stored("running") == "0");
    CHECK(fault.times_stored("queued") == "0");
    fault.recover();
}

TEST_CASE("an append that is cancelled in the queue is never sent", "[F12]") {
    auto& server = shared_server();
    StoreUnderFault fault(server, patient_options(GENERATE(256, 1)));
    RoomLock lock(server, fault, "a");
    auto running = fault.append("a", "running");
    await([&] { return fault.waits_for_lock(); });
    auto queued = fault.append("a", "queued");
    auto behind = fault.append("a", "behind");
    await([&] { return fault.store().stats().queue_length == 2; });
    queued.cancel();
    CHECK(queued.get().aborted());
    CHECK(fault.store().stats().queue_length == 1);
    CHECK_FALSE(running.ended());
    lock.release();
    CHECK(running.get().result->index == 0);
    CHECK(behind.get().result->index == 1);
    CHECK(fault.times_stored("queued") == "0");
    fault.recover();
}

TEST_CASE("an append that is cancelled while it runs is rolled back at once", "[F13]") {
    auto& server = shared_server();
    StoreUnderFault fault(server, patient_options(GENERATE(256, 1)));
    RoomLock lock(server, fault, "a");
    auto running = fault.append("a", "cancelled");
    await([&] { return fault.waits_for_lock(); });
    running.cancel();
    CHECK(running.get().aborted());
    CHECK(fault.backends("state LIKE 'idle in transaction%'") == "0");
    CHECK_FALSE(fault.waits_for_lock());
    lock.release();
    CHECK(fault.append("a", "next").get().result->index == 0);
    CHECK(fault.times_stored("cancelled") == "0");
    fault.recover();
}

TEST_CASE("appends cancelled at any instant are aborted and not stored, or answered and stored",
          "[F13]") {
    // Batches smaller than the number of callers, so that some calls are always queued: only a
    // queued call is certain to be aborted.
    auto options = patient_options(GENERATE(4, 1));
    options.connections = 3;
    StoreUnderFault fault(shared_server(), options);
    History history;
    LogicalClock clock;
    std::deque<CancellingCaller> cancelling;
    std::deque<Task<void>> tasks;
    const int appends = options.append_batch == 1 ? cancelled_appends / 2 : cancelled_appends;
    for (int i = 0; i < cancelling_callers; ++i) {
        auto& caller = cancelling.emplace_back(fault, history, clock, i);
        tasks.emplace_back(fault.caller().context(), caller.append(appends / cancelling_callers));
    }
    for (auto& task : tasks) CHECK(task.get().result);
    int stored = 0;
    int aborted = 0;
    int failed = 0;
    for (const auto& caller : cancelling) {
        stored += caller.stored();
        aborted += caller.aborted();
        failed += caller.failed();
    }
    CAPTURE(stored, aborted);
    CHECK(stored + aborted == appends);
    CHECK(failed == 0);
    // The test is meaningless without enough of both.
    CHECK(stored > appends / 100);
    CHECK(aborted > appends / 100);
    CHECK(check_history(history, all_events(fault.store(), {"a"})) == std::vector<std::string>{});
    fault.recover();
}

TEST_CASE("an append that is cancelled during its COMMIT gets the outcome of the COMMIT", "[F14]") {
    PrivateCluster::require();
    HangingCommits server;
    const auto append_batch = GENERATE(256, 1);
    StoreUnderFault fault(server.cluster, patient_options(append_batch));
    auto task = fault.append("a", "kept");
    await([&] { return fault.backends("wait_event = 'SyncRep'") == "1"; });
    task.cancel();
    // The cancellation has been processed once a later coroutine on the same thread has completed.
    Task probe(fault.caller().context(), []() -> asio::awaitable<bool> { co_return true; }());
    CHECK(probe.get().result == true);
    CHECK_FALSE(task.ended());
    server.release();
    const auto ending = task.get();
    INFO(ending.text);
    REQUIRE(ending.result);
    CHECK(ending.result->index == 0);
    CHECK(fault.times_stored("kept") == "1");
    fault.recover();
}

}  // namespace roomstore::test
