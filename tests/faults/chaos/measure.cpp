#include "faults/chaos/measure.hpp"

#include <algorithm>
#include <atomic>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <signal.h>
#include <thread>
#include <tuple>
#include <utility>

#include "roomstore/postgres/postgres_store.hpp"
#include "support/builders.hpp"
#include "support/confinement.hpp"
#include "support/run.hpp"
#include "support/task.hpp"

namespace roomstore::chaos {

namespace {

using namespace std::chrono_literals;
using test::await;
using test::PrivateCluster;
using test::TcpProxy;

/// An append, and the times of its start and its answer.
struct Timed {
    test::Ending<RoomEvent> ending{};
    Instant began_at = 0;
    Instant answered_at = 0;
};

asio::awaitable<Timed> timed_append(ConversationStore& store, std::string room, std::string id) {
    Timed timed;
    const auto event = make_chaos_event(room, id);
    timed.began_at = now();
    try {
        auto call = store.add_event_auto_index(room, event);
        timed.ending.result.emplace(co_await std::move(call));
    } catch (...) {
        timed.ending.fail(std::current_exception());
    }
    timed.answered_at = now();
    co_return timed;
}

/// A store for one measurement, with a room of its own.
class Bench {
public:
    /// `look` opens a connection of its own to the server.
    Bench(std::string connection_string,
          std::string room,
          const std::function<test::Admin()>& look,
          PostgresOptions options = patient())
        : room_(std::move(room)), holder_(look()), looker_(look()) {
        options.connection_string = std::move(connection_string);
        options.application_name = room_;
        store_ = std::make_unique<PostgresStore>(options);
        test::run(store_->init());
        await([&] { return store_->stats().connections_open == options.connections; });
        test::run(store_->create_room(test::sample_room({.id = room_})));
    }

    static PostgresOptions patient() {
        PostgresOptions options;
        options.connections = 1;
        options.notify = false;
        options.deadline = 60s;
        options.lock_timeout = 60s;
        return options;
    }

    PostgresStore& store() { return *store_; }
    void destroy() { store_.reset(); }
    const std::string& room() const noexcept { return room_; }

    test::Task<Timed> append(const std::string& id) {
        return {caller_.context(), timed_append(*store_, room_, id)};
    }

    /// Cancels `task`, which must be aborted; returns the time from the cancellation to the answer.
    Instant cancel(test::Task<Timed>& task) {
        const auto cancelled_at = std::make_shared<std::atomic<Instant>>(now());
        asio::post(caller_.context(), [cancelled_at] { *cancelled_at = now(); });
        task.cancel();
        const auto timed = task.get().result.value();
        if (!timed.ending.aborted()) {
            failures.push_back(room_ + ": a cancelled append ended with: " + timed.ending.text);
        }
        return timed.answered_at - *cancelled_at;
    }

    /// Locks the room in another session.
    void lock() {
        holder_.query("BEGIN; SELECT FROM roomstore.rooms WHERE id = '" + room_ + "' FOR UPDATE");
    }
    void unlock() { holder_.query("ROLLBACK"); }
    /// The backend that waits for the lock; 0: none.
    pid_t waiting_backend() {
        const auto rows =
            looker_.query("SELECT pid FROM pg_stat_activity WHERE application_name = '" + room_ +
                          "' AND wait_event_type = 'Lock'");
        return rows.empty() ? 0 : std::stoi(rows.front()[0].value());
    }
    void await_waiting() {
        await([&] { return waiting_backend() != 0; });
    }
    void await_queue(std::size_t length) const {
        await([&] { return store_->stats().queue_length == length; });
    }

    std::vector<std::string> failures{};

private:
    const std::string room_;
    test::Admin holder_;
    /// Not the holder: in a transaction, pg_stat_activity shows the state at its first use.
    test::Admin looker_;
    test::Caller caller_;
    std::unique_ptr<PostgresStore> store_;
};

class Measuring {
public:
    explicit Measuring(const ChaosEnvironment& environment) : environment_(environment) {}

    Measurements run() {
        measure_cancellations();
        measure_queue();
        measure_returns();
        measure_connects();
        measure_ends();
        // A thread of its own, because it enters a private network namespace.
        std::thread([this] { measure_dead_peer(); }).join();
        return std::move(out_);
    }

private:
    std::function<test::Admin()> look() const {
        return [this] { return environment_.admin(); };
    }
    std::string connection_string() const {
        return environment_.proxy.connection_string(role, role);
    }

    void fail(std::string text) { out_.failures.push_back(std::move(text)); }
    void collect(Bench& bench) {
        std::ranges::move(bench.failures, std::back_inserter(out_.failures));
    }

    void measure_cancellations() {
        Bench bench(connection_string(), "cancelled", look());
        bench.lock();
        for (int i = 0; i < 100; ++i) {
            // A store sends at most 20 cancel requests a second.
            const auto next = std::chrono::steady_clock::now() + 60ms;
            auto running = bench.append("running-" + std::to_string(i));
            bench.await_waiting();
            auto queued = bench.append("queued-" + std::to_string(i));
            bench.await_queue(1);
            out_.queued_cancellations.push_back(bench.cancel(queued));
            out_.running_cancellations.push_back(bench.cancel(running));
            std::this_thread::sleep_until(next);
        }
        for (int i = 0; i < 3; ++i) {
            auto running = bench.append("frozen-" + std::to_string(i));
            bench.await_waiting();
            const auto backend = bench.waiting_backend();
            environment_.signal(backend, SIGSTOP);
            out_.frozen_cancellations.push_back(bench.cancel(running));
            environment_.signal(backend, SIGCONT);
            await([&] { return bench.waiting_backend() == 0; });
        }
        bench.unlock();
        if (test::run(bench.store().get_event_count(bench.room())) != 0) {
            fail("a cancelled append was stored");
        }
        collect(bench);
    }

    void measure_queue() {
        constexpr std::size_t capacity = 64;
        auto options = Bench::patient();
        options.queue_capacity = capacity;
        Bench bench(connection_string(), "crowded", look(), options);
        bench.lock();
        auto running = bench.append("running");
        bench.await_waiting();
        std::deque<test::Task<Timed>> waiting;
        for (std::size_t i = 0; i < capacity; ++i) {
            waiting.push_back(bench.append("waiting-" + std::to_string(i)));
        }
        bench.await_queue(capacity);
        for (int i = 0; i < 200; ++i) {
            const auto timed = bench.append("refused-" + std::to_string(i)).get().result.value();
            if (!timed.ending.failed(errc::busy)) fail("not busy: " + timed.ending.text);
            out_.refusals.push_back(timed.answered_at - timed.began_at);
        }
        bench.unlock();
        std::int64_t index = 0;
        const auto in_order = [&](test::Task<Timed>& task) {
            const auto timed = task.get().result.value();
            return timed.ending.result && timed.ending.result->index == index++;
        };
        if (!in_order(running)) fail("the running append was not stored first");
        for (auto& task : waiting) {
            if (!in_order(task)) ++out_.out_of_order;
        }
        out_.waited = capacity;
    }

    /// Appends until a call succeeds; returns when it succeeded.
    Instant first_success(Bench& bench, const std::string& id) {
        for (int i = 0;; ++i) {
            const auto timed = bench.append(id + '-' + std::to_string(i)).get().result.value();
            if (timed.ending.result) return timed.answered_at;
        }
    }

    void measure_returns() {
        auto options = Bench::patient();
        options.deadline = 1s;
        Bench bench(connection_string(), "returned", look(), options);
        for (int i = 0; i < 5; ++i) {
            environment_.proxy.set_admission(TcpProxy::Admission::refuse);
            environment_.proxy.cut_all();
            const auto before = bench.store().stats().failed_connects;
            auto first = std::async(std::launch::async,
                                    [&] { return first_success(bench, std::to_string(i)); });
            await([&] { return bench.store().stats().failed_connects >= before + 5; });
            environment_.proxy.set_admission(TcpProxy::Admission::pass);
            const auto accepts_at = now();
            const auto succeeded_at = first.get();
            out_.returns.push_back(succeeded_at > accepts_at ? succeeded_at - accepts_at : 0);
        }
    }

    void measure_connects() {
        auto options = Bench::patient();
        options.connections = 8;
        options.append_batch = 1;
        options.deadline = 300ms;
        Bench bench(connection_string(), "reconnecting", look(), options);
        std::atomic<bool> over = false;
        environment_.proxy.set_admission(TcpProxy::Admission::reset);
        environment_.proxy.cut_all();
        const auto accepted_before = environment_.proxy.counts().accepted;
        std::deque<std::future<void>> callers;
        for (int caller = 0; caller < 16; ++caller) {
            callers.push_back(std::async(std::launch::async, [&, caller] {
                for (int i = 0; !over; ++i) {
                    bench.append(std::to_string(caller) + '-' + std::to_string(i)).get();
                }
            }));
        }
        std::deque<std::pair<Instant, std::uint64_t>> second;
        for (const auto end = now() + instants(3s); now() < end;) {
            second.emplace_back(now(), environment_.proxy.counts().accepted);
            while (second.back().first - second.front().first > instants(1s)) second.pop_front();
            out_.connects_in_1_s =
                std::max(out_.connects_in_1_s, second.back().second - second.front().second);
            std::this_thread::sleep_for(1ms);
        }
        out_.connects = environment_.proxy.counts().accepted - accepted_before;
        environment_.proxy.set_admission(TcpProxy::Admission::pass);
        over = true;
        for (auto& caller : callers) caller.get();
    }

    void measure_ends() {
        Bench closed(connection_string(), "closed", look());
        Bench destroyed(connection_string(), "destroyed", look());
        closed.lock();
        destroyed.lock();
        const auto end = [&](Bench& bench, bool close) {
            auto running = bench.append("running");
            bench.await_waiting();
            auto queued = bench.append("queued");
            bench.await_queue(1);
            const auto began = now();
            if (close) test::run(bench.store().close());
            const auto closed_at = now();
            bench.destroy();
            const auto ended = now();
            for (auto* task : {&running, &queued}) {
                if (const auto timed = task->get().result.value(); timed.ending.result) {
                    fail(bench.room() + ": an append without a lock succeeded");
                }
            }
            return std::pair(ended - began, ended - closed_at);
        };
        auto other = std::async(std::launch::async, [&] { return end(destroyed, false).first; });
        std::tie(out_.close_and_destruction, out_.destruction_after_close) = end(closed, true);
        out_.destruction_alone = other.get();
    }

    void measure_dead_peer() {
        std::string why_not;
        const auto network = test::PrivateNetwork::make(why_not);
        if (!network) {
            out_.dead_unmeasured = why_not;
            return;
        }
        PrivateCluster server({.tcp = true});
        const auto look = [&] { return server.admin(); };
        Bench idle(server.tcp_connection_string(), "idle", look);
        Bench busy(server.tcp_connection_string(), "busy", look);
        busy.lock();
        auto running = busy.append("running");
        busy.await_waiting();
        network->set_up(false);
        const auto died_at = now();
        auto sent = idle.append("sent");
        const auto noticed = [&](Bench& bench, std::optional<Instant>& after) {
            if (!after && bench.store().stats().connections_open == 0) after = now() - died_at;
            return after.has_value();
        };
        comes_within(20s, [&] {
            const bool one = noticed(idle, out_.dead_before_statement);
            return noticed(busy, out_.dead_during_statement) && one;
        });
        if (!out_.dead_before_statement) fail("a dead peer was never noticed");
        if (!out_.dead_during_statement)
            fail("a peer that died while a statement ran was never noticed");
        busy.unlock();
        network->set_up(true);
        for (auto* task : {&running, &sent}) {
            const auto timed = task->get().result.value();
            if (!timed.ending.result)
                fail("an append failed although the network is back: " + timed.ending.text);
        }
    }

    const ChaosEnvironment& environment_;
    Measurements out_;
};

}  // namespace

Measurements measure(const ChaosEnvironment& environment) { return Measuring(environment).run(); }

}  // namespace roomstore::chaos
