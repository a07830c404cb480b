#include "faults/chaos/run.hpp"

#include <algorithm>
#include <deque>
#include <memory>
#include <shared_mutex>
#include <thread>
#include <utility>

#include <asio/steady_timer.hpp>

#include "faults/chaos/environment.hpp"
#include "faults/chaos/verify.hpp"
#include "roomstore/postgres/postgres_store.hpp"
#include "support/builders.hpp"
#include "support/run.hpp"
#include "support/task.hpp"

namespace roomstore::chaos {

namespace {

using namespace std::chrono_literals;
using test::PrivateCluster;
using test::TcpProxy;

/// Settings of one of the stores of this process; each has different ones.
struct StoreSetUp {
    std::size_t connections;
    std::size_t append_batch;
    std::size_t queue_capacity;
    std::chrono::milliseconds deadline;
    std::chrono::milliseconds lock_timeout;
    bool prepared_statements;
    const char* more;  // appended to the connection string
    int writers;
    int readers;
};

constexpr StoreSetUp set_ups[] = {
    {3, 256, 1024, 5000ms, 2000ms, true, "", 8, 2},
    {2, 1, 1024, 1500ms, 300ms, true, " sslmode=disable", 6, 0},
    {2, 64, 8, 800ms, 500ms, false, "", 14, 0},
};
static_assert(std::size(set_ups) == child_store);

PostgresOptions options_of(const StoreSetUp& set_up, const std::string& connection_string) {
    PostgresOptions options;
    // The figures are about the connections of the pool. faults.live follows changes under faults.
    options.notify = false;
    options.connection_string = connection_string + set_up.more;
    options.connections = set_up.connections;
    options.append_batch = set_up.append_batch;
    options.queue_capacity = set_up.queue_capacity;
    options.deadline = set_up.deadline;
    options.lock_timeout = set_up.lock_timeout;
    options.prepared_statements = set_up.prepared_statements;
    options.create_schema = false;
    return options;
}

/// Measures how late a sleeping thread wakes: the delay added by the machine, not by the store.
class StallMeter {
public:
    StallMeter() : thread_([this] { run(); }) {}
    ~StallMeter() {
        over_ = true;
        thread_.join();
    }
    StallMeter(const StallMeter&) = delete;
    StallMeter& operator=(const StallMeter&) = delete;

    Instant worst() const { return worst_; }

private:
    void run() {
        while (!over_) {
            constexpr auto time = 2ms;
            const auto began = now();
            std::this_thread::sleep_for(time);
            worst_ = std::max(worst_.load(), now() - began - instants(time));
        }
    }

    std::atomic<bool> over_{false};
    std::atomic<Instant> worst_{0};
    std::thread thread_;
};

/// Samples the number of connections begun.
class ConnectMeter {
public:
    void sample(const TcpProxy& proxy) {
        const auto counts = proxy.counts();
        // A connection is recognized as a cancel request only some time after it was accepted.
        const auto begun = counts.accepted - counts.cancel_requests;
        samples_.emplace_back(now(), samples_.empty() ? begun : std::max(begun, last()));
        while (now() - samples_.front().first > instants(5s)) samples_.pop_front();
        most_ = std::max(most_, last() - samples_.front().second);
    }
    std::uint64_t most() const noexcept { return most_; }

private:
    std::uint64_t last() const { return samples_.back().second; }

    std::deque<std::pair<Instant, std::uint64_t>> samples_;
    std::uint64_t most_ = 0;
};

class Run {
public:
    explicit Run(const Options& options)
        : options_(options), cluster_({.settings = settings(), .tcp = true}) {
        auto admin = cluster_.admin();
        admin.query("CREATE ROLE " + std::string(role) + " LOGIN");
        admin.query("CREATE DATABASE " + std::string(role) + " OWNER " + role);
        direct_.connection_string = cluster_.connection_string(role, role);
        // Not by init(): a mutant should be caught during the faults, not here.
        cluster_.admin(role).query("SET ROLE " + std::string(role) + "; " +
                                   PostgresStore::schema_sql(direct_));
        direct_.create_schema = false;
        direct_.notify = false;
        PostgresStore store(direct_);
        test::run(store.init());
        for (int room = 0; room < room_count; ++room) {
            test::run(store.create_room(test::sample_room({.id = room_name(room)})));
        }
        test::run(store.close());
        proxy_.emplace(cluster_.port());
    }

    Results run() {
        const test::Watchdog watchdog(options_.limit + options_.seconds + 240s);
        results_.began_at = now();
        threads_before_ = test::threads();
        descriptors_before_ = test::descriptors();
        open();
        break_things();
        recover();
        finish_clients();
        // Without clients: the queue of one store is small, and its writers keep it full.
        for (std::size_t i = 0; i < stores_.size(); ++i) append_20(i);
        close();
        if (options_.only.empty()) measure();
        verify();
        results_.duration = now() - results_.began_at;
        return std::move(results_);
    }

private:
    static std::vector<std::string> settings() {
        // Keeps the log short, because it is read repeatedly; clients record the errors they get.
        return {"log_min_messages=log", "max_connections=60"};
    }

    void fail(std::string text) { results_.failures.push_back(std::move(text)); }

    std::size_t backends() {
        const ChaosEnvironment environment = this->environment();
        auto admin = environment.admin();
        return environment.backends(admin).size();
    }

    ChaosEnvironment environment() {
        return {.cluster = cluster_,
                .proxy = *proxy_,
                .child = *child_,
                .shared = shared_,
                .doubts_settled = [this] { return sum(&PostgresStats::doubts_settled); }};
    }

    std::uint64_t sum(std::uint64_t PostgresStats::* member) const {
        std::uint64_t all = 0;
        for (const auto& store : stores_) all += store->stats().*member;
        return all;
    }

    void open() {
        const auto connection_string = proxy_->connection_string(role, role);
        std::size_t connections = 2;  // the child's
        for (const auto& set_up : set_ups) {
            stores_.push_back(
                std::make_unique<PostgresStore>(options_of(set_up, connection_string)));
            test::run(stores_.back()->init());
            connections += set_up.connections;
        }
        child_.emplace(connection_string, options_.seed, cluster_.folder());
        if (!comes_within(30s, [&] { return backends() == connections; })) {
            fail("the stores did not open all of their connections");
        }
        callers_.resize(stores_.size());
        // An execution context opens its descriptors with its first timer.
        for (auto& caller : callers_) asio::steady_timer timer(caller.context());
        descriptors_open_ = test::descriptors();
        backends_open_ = connections;
        for (std::size_t i = 0; i < stores_.size(); ++i) start_clients(i);
    }

    void start_clients(std::size_t number) {
        const auto& set_up = set_ups[number];
        const StoreUnderTest under_test{
            *stores_[number], static_cast<int>(number), set_up.deadline};
        auto& caller = callers_[number];
        for (int i = 0; i < set_up.writers; ++i) {
            const auto name = "s" + std::to_string(number) + "-w" + std::to_string(i);
            auto writer = write(shared_, under_test, name);
            clients_.emplace_back(caller.context(), std::move(writer));
        }
        for (int i = 0; i < set_up.readers; ++i) {
            auto reader = read(shared_, under_test, i);
            clients_.emplace_back(caller.context(), std::move(reader));
        }
    }

    bool enough(Instant began, const FaultThread& network, const FaultThread& server) const {
        const auto time = now() - began;
        if (time > instants(options_.seconds + options_.limit)) return true;
        return time >= instants(options_.seconds) && shared_.acknowledged >= options_.appends &&
               network.count + server.count >= options_.faults;
    }

    void break_things() {
        const auto began = now();
        const auto environment = this->environment();
        FaultThread network("network", network_faults(), options_.only);
        FaultThread server("server", server_faults(), options_.only);
        std::atomic<bool> over = false;
        std::shared_mutex turn;
        std::thread network_thread([&] { network.run(environment, options_.seed, turn, over); });
        std::thread server_thread([&] { server.run(environment, options_.seed, turn, over); });
        ConnectMeter connects;
        while (!enough(began, network, server)) {
            connects.sample(*proxy_);
            std::this_thread::sleep_for(20ms);
        }
        over = true;
        network_thread.join();
        server_thread.join();
        faults_ended_at_ = now();
        results_.connects_in_5_s = connects.most();
        for (const auto* fault_thread : {&network, &server}) {
            if (!fault_thread->failure.empty()) fail(fault_thread->failure);
            results_.vain_faults += fault_thread->vain;
            results_.injected_faults.insert(results_.injected_faults.end(),
                                            fault_thread->injected_faults.begin(),
                                            fault_thread->injected_faults.end());
        }
        std::ranges::sort(results_.injected_faults, {}, &InjectedFault::ended_at);
    }

    /// The faults have ended: everything must work again.
    void recover() {
        const auto succeeded = [&] {
            return std::ranges::all_of(shared_.last_success.begin(),
                                       shared_.last_success.begin() + child_store,
                                       [&](const auto& at) { return at > faults_ended_at_; });
        };
        if (!comes_within(10s, succeeded)) fail("not every store succeeded after the faults");
        results_.first_success_after_faults = now() - faults_ended_at_;
        const auto quiet = [&] {
            return test::descriptors() <= descriptors_open_ && backends() <= backends_open_;
        };
        if (!comes_within(5s, quiet)) {
            fail("5 s after the faults there are " + std::to_string(test::descriptors()) +
                 " descriptors and " + std::to_string(backends()) +
                 " backends, before there were " + std::to_string(descriptors_open_) + " and " +
                 std::to_string(backends_open_));
        }
        results_.back_to_baseline_after = now() - faults_ended_at_;
        // Waits for more cancellations without a fault; there are few during the faults.
        const auto aborted = shared_.aborted + calm_cancellations;
        comes_within(30s, [&] { return shared_.aborted >= aborted; });
    }

    void append_20(std::size_t number) {
        for (int i = 0; i < 20; ++i) {
            const auto room = room_name(i % room_count);
            const auto id = "after-" + std::to_string(number) + "-" + std::to_string(i);
            const auto event = make_chaos_event(room, id);
            test::AppendRecord record{.room_id = room, .event_id = id, .invoked_at = now()};
            record.digest = test::digest_of(event);
            try {
                record.index = test::run(stores_[number]->add_event_auto_index(room, event)).index;
                record.outcome = test::AppendOutcome::stored;
                ++shared_.acknowledged;
            } catch (const Error& error) {
                fail("after the faults, store " + std::to_string(number) + ": " + error.what());
            }
            record.answered_at = now();
            journal_.end(std::move(record));
        }
    }

    void finish_clients() {
        shared_.stop = true;
        for (auto& client : clients_) {
            const auto ending = client.get();
            if (!ending.result) fail("a client ended: " + ending.text);
        }
        clients_.clear();
        callers_.clear();
        if (!child_->finish()) fail("the child failed: " + child_->log());
        for (const auto& path : child_->journals()) journal_.read(path);
    }

    void close() {
        results_.doubts = sum(&PostgresStats::doubts);
        results_.doubts_settled = sum(&PostgresStats::doubts_settled);
        results_.retries = sum(&PostgresStats::retries);
        results_.reconnects = sum(&PostgresStats::reconnects);
        results_.calls_refused = sum(&PostgresStats::calls_refused);
        for (auto& store : stores_) {
            const auto began = now();
            test::run(store->close());
            const auto closed = now();
            store.reset();
            results_.slowest_close = std::max(results_.slowest_close, closed - began);
            results_.slowest_destruction = std::max(results_.slowest_destruction, now() - closed);
        }
        check_footprint();
    }

    void check_footprint() {
        if (!comes_within(5s, [&] {
                return backends() == 0 && test::threads() <= threads_before_ &&
                       test::descriptors() <= descriptors_before_;
            })) {
            fail("closed stores leave behind: backends " + std::to_string(backends()) +
                 ", threads " + std::to_string(test::threads()) + " (before " +
                 std::to_string(threads_before_) + "), descriptors " +
                 std::to_string(test::descriptors()) + " (before " +
                 std::to_string(descriptors_before_) + ")");
        }
    }

    void measure() {
        results_.measured = chaos::measure(environment());
        for (const auto& failure : results_.measured->failures) fail(failure);
        check_footprint();
    }

    void verify() {
        auto admin = cluster_.admin(role);
        const auto final_state = read_final_state(direct_, admin);
        results_.stored = final_state.events;
        results_.violations = final_state.violations;
        const auto add = [&](const std::vector<std::string>& more) {
            results_.violations.insert(results_.violations.end(), more.begin(), more.end());
        };
        add(test::check_history(journal_.history, final_state.rooms));
        add(journal_.violations);
        results_.calls = std::move(journal_.calls);
        results_.worst_stall = stalls_.worst();
        results_.redelivered = shared_.redelivered;
        results_.acknowledged = static_cast<std::uint64_t>(std::ranges::count(
            journal_.history.appends(), test::AppendOutcome::stored, &test::AppendRecord::outcome));
    }

    const Options options_;
    PrivateCluster cluster_;
    PostgresOptions direct_;
    std::optional<TcpProxy> proxy_;
    StallMeter stalls_;
    MemoryJournal journal_;
    Shared shared_{.journal = journal_, .seed = options_.seed};
    std::vector<std::unique_ptr<PostgresStore>> stores_;
    std::optional<Child> child_;
    std::deque<test::Caller> callers_;
    std::deque<test::Task<void>> clients_;
    std::size_t threads_before_ = 0;
    std::size_t descriptors_before_ = 0;
    std::size_t descriptors_open_ = 0;
    std::size_t backends_open_ = 0;
    Instant faults_ended_at_ = 0;
    Results results_;
};

}  // namespace

Results run_chaos(const Options& options) {
    Run run(options);
    return run.run();
}

}  // namespace roomstore::chaos
