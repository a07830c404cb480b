#include "faults/fault_fixture.hpp"

#include <algorithm>
#include <deque>
#include <iterator>
#include <unistd.h>
#include <utility>

#include <asio/steady_timer.hpp>
#include <catch2/catch_test_macros.hpp>

namespace roomstore::test {

namespace {

const std::vector<std::string> room_ids{"a", "b", "c", "recovered"};

std::string next_name() {
    static int count = 0;
    return "fault_" + std::to_string(++count);
}

// Uses synchronous_commit=local, since on some servers each COMMIT waits for a standby.
void make_tables(const PrivateCluster& cluster, PostgresOptions options) {
    options.connection_string =
        cluster.connection_string() + " options='-c synchronous_commit=local'";
    options.prepared_statements = true;
    options.deadline = 60s;
    options.create_schema = true;
    PostgresStore store(options);
    run(store.init());
    for (const auto& room : room_ids) run(store.create_room(sample_room({.id = room})));
    run(store.close());
}

void check_footprint(std::size_t most_threads, std::size_t most_descriptors) {
    const bool small = comes_within(
        5s, [&] { return threads() <= most_threads && descriptors() <= most_descriptors; });
    CAPTURE(threads(), most_threads, descriptors(), most_descriptors);
    CHECK(small);
}

}  // namespace

PrivateCluster& shared_server() {
    PrivateCluster::require();
    static PrivateCluster cluster({.tcp = true});
    return cluster;
}

PostgresOptions patient_options(std::size_t append_batch) {
    PostgresOptions options;
    options.connections = 1;
    options.append_batch = append_batch;
    options.deadline = 60s;
    options.lock_timeout = 60s;
    return options;
}

StoreUnderFault::StoreUnderFault(PrivateCluster& cluster, PostgresOptions options)
    : cluster_(&cluster), options_(std::move(options)) {
    options_.schema = next_name();
    options_.application_name = options_.schema;
    // These tests count the sessions and threads of the pool; faults.live is about that of watches.
    options_.notify = false;
    make_tables(cluster, options_);
    // Created before the counts are taken: the watchdog's thread, and the descriptors that a
    // context uses for timers.
    const Watchdog watchdog;
    const asio::steady_timer timer(caller_.context());
    threads_before_ = threads();
    descriptors_before_ = descriptors();
    if (options_.connection_string.empty()) {
        options_.connection_string = cluster.connection_string();
    }
    reopen();
}

void StoreUnderFault::reopen() {
    admin_.reset();
    store_ = std::make_unique<PostgresStore>(options_);
    run(store_->init());
    await([&] { return store_->stats().connections_open == options_.connections; });
    threads_serving_ = threads();
    descriptors_serving_ = descriptors();
}

StoreUnderFault::~StoreUnderFault() = default;

Task<RoomEvent> StoreUnderFault::append(const std::string& room, const std::string& id) {
    return {caller_.context(),
            store_->add_event_auto_index(room, make_event({.id = id, .room_id = room}))};
}

void StoreUnderFault::recover(const std::function<void()>& closed) {
    for (int i = 0; i < 20; ++i) {
        const auto ending = append("recovered", "recovered-" + std::to_string(i)).get();
        INFO(ending.text);
        REQUIRE(ending.result);
        CHECK(ending.result->index == i);
    }
    CHECK(comes_within(5s, [&] { return std::stoul(backends()) <= options_.connections; }));
    admin_.reset();
    check_footprint(threads_serving_, descriptors_serving_);
    run(store_->close());
    destroy();
    if (closed) closed();
    check_nothing_left();
}

void StoreUnderFault::check_nothing_left() {
    CHECK(comes_within(5s, [&] { return backends() == "0"; }));
    admin_.reset();
    check_footprint(threads_before_, descriptors_before_);
}

Admin& StoreUnderFault::admin() {
    if (!admin_) {
        admin_.emplace(cluster_->connection_string());
        admin_->query("SET synchronous_commit = local; SET default_transaction_read_only = off");
    }
    return *admin_;
}

std::string StoreUnderFault::expand(std::string sql) const {
    constexpr std::string_view placeholder = "{schema}";
    for (auto at = sql.find(placeholder); at != sql.npos; at = sql.find(placeholder, at)) {
        sql.replace(at, placeholder.size(), options_.schema);
    }
    return sql;
}

std::vector<TextRow> StoreUnderFault::query(std::string sql) {
    return admin().query(expand(std::move(sql)));
}

std::string StoreUnderFault::value(std::string sql) {
    return admin().value(expand(std::move(sql)));
}

std::string StoreUnderFault::indexes(const std::string& room) {
    return value(
        "SELECT coalesce(string_agg(index::text, ' ' ORDER BY index), '') FROM {schema}.events "
        "WHERE room_id = '" +
        room + "'");
}

std::string StoreUnderFault::times_stored(const std::string& event_id) {
    return value("SELECT count(*) FROM {schema}.events WHERE id = '" + event_id + "'");
}

std::string StoreUnderFault::backends(const std::string& condition) {
    return value("SELECT count(*) FROM pg_stat_activity WHERE application_name = '{schema}' AND " +
                 condition);
}

pid_t StoreUnderFault::backend(const std::string& condition) {
    return std::stoi(value(
        "SELECT pid FROM pg_stat_activity WHERE application_name = '{schema}' AND " + condition));
}

void StoreUnderFault::terminate(const std::string& condition) {
    query(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
        "WHERE application_name = '{schema}' AND " +
        condition);
}

void StoreUnderFault::install_trigger(Moment moment, const std::string& action, Often often) {
    // A sequence is not reset when a transaction is rolled back.
    const std::string due = often == Often::always ? "true" : "nextval('{schema}.sabotages') = 1";
    query(
        "CREATE SEQUENCE {schema}.sabotages;"
        "CREATE FUNCTION {schema}.install_trigger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF NEW.id LIKE 'victim%' AND " +
        due + " THEN " + action + "; END IF; RETURN NEW; END $$;" +
        (moment == Moment::insert
             ? "CREATE TRIGGER install_trigger BEFORE INSERT ON {schema}.events "
             : "CREATE CONSTRAINT TRIGGER install_trigger AFTER INSERT ON {schema}.events "
               "DEFERRABLE INITIALLY DEFERRED ") +
        "FOR EACH ROW EXECUTE FUNCTION {schema}.install_trigger()");
}

void StoreUnderFault::remove_trigger() {
    query(
        "DROP TRIGGER install_trigger ON {schema}.events; DROP FUNCTION {schema}.install_trigger;"
        "DROP SEQUENCE {schema}.sabotages");
}

RoomLock::RoomLock(PrivateCluster& cluster, const StoreUnderFault& fault, const std::string& room)
    : admin_(cluster.admin()) {
    admin_->query("BEGIN; SELECT FROM " + fault.options().schema + ".rooms WHERE id = '" + room +
                  "' FOR UPDATE");
}

void RoomLock::release() {
    admin_->query("ROLLBACK");
    admin_.reset();
}

std::vector<Ending<RoomEvent>> append_together(PrivateCluster& cluster,
                                               StoreUnderFault& fault,
                                               const std::vector<Append>& appends,
                                               const std::function<void()>& ready) {
    RoomLock lock(cluster, fault, "c");
    auto keeper = fault.append("c", "keeper");
    await([&] { return fault.waits_for_lock(); });
    std::deque<Task<RoomEvent>> tasks;
    for (const auto& each : appends) tasks.push_back(fault.append(each.room, each.id));
    await([&] { return fault.store().stats().queue_length == appends.size(); });
    ready();
    lock.release();
    CHECK(keeper.get().result);
    std::vector<Ending<RoomEvent>> endings;
    for (auto& task : tasks) endings.push_back(task.get());
    return endings;
}

Load::Load(PostgresStore& store, Caller& caller, std::vector<std::string> rooms, int callers)
    : store_(store), rooms_(std::move(rooms)) {
    for (int i = 0; i < callers; ++i) {
        tasks_.push_back(std::make_unique<Task<void>>(caller.context(), append_until_stopped(i)));
    }
}

Load::~Load() { stop(); }

void Load::stop() {
    stopped_ = true;
    for (auto& task : tasks_) task->get();
    tasks_.clear();
}

asio::awaitable<void> Load::append_until_stopped(int number) {
    for (int i = 0; !stopped_; ++i) {
        const auto& room = rooms_[static_cast<std::size_t>(i + number) % rooms_.size()];
        EventArgs args{.id = "caller-" + std::to_string(number) + "-" + std::to_string(i),
                       .room_id = room};
        const auto event = make_event(std::move(args));
        AppendRecord record{.room_id = room,
                            .event_id = event.id,
                            .invoked_at = clock_.tick(),
                            .digest = digest_of(event)};
        try {
            auto appended = store_.add_event_auto_index(room, event);
            const auto stored = co_await std::move(appended);
            record.outcome = AppendOutcome::stored;
            record.index = stored.index;
            ++counts_->stored;
        } catch (const Error& error) {
            record.outcome =
                error.applied() == Applied::no ? AppendOutcome::refused : AppendOutcome::unknown;
            ++counts_->failed.at(static_cast<std::size_t>(error.code().value()));
            counts_->last_error = error.what();
        }
        record.answered_at = clock_.tick();
        history_.add(std::move(record));
    }
}

void Load::await_more(std::size_t appends) {
    const auto goal = counts_->stored + appends;
    await([&] { return counts_->stored >= goal; });
}

std::size_t Load::failed() const {
    std::size_t sum = 0;
    for (const auto& count : counts_->failed) sum += count;
    return sum;
}

std::vector<std::string> Load::violations(PostgresStore& by) const {
    return check_history(history_, all_events(by, rooms_));
}

std::map<std::string, std::vector<RoomEvent>> all_events(PostgresStore& store,
                                                         const std::vector<std::string>& rooms) {
    // Events may be large and the deadline of the store short, so each call reads a small page.
    constexpr int page = 8;
    std::map<std::string, std::vector<RoomEvent>> events;
    for (const auto& room : rooms) {
        auto& all = events[room];
        for (;;) {
            EventQuery query{.limit = page};
            if (!all.empty()) query.after_index = all.back().index;
            auto next = run(store.list_events(room, std::move(query)));
            if (next.empty()) break;
            std::ranges::move(next, std::back_inserter(all));
        }
    }
    return events;
}

void check_failure(const Ending<RoomEvent>& ending,
                   errc code,
                   const std::string& room,
                   const std::string& where,
                   const std::string& sqlstate) {
    CAPTURE(ending.code, ending.text, ending.sqlstate);
    CHECK_FALSE(ending.result);
    CHECK(ending.failed(code));
    CHECK(ending.text.starts_with("add_event_auto_index in room '" + room + "': "));
    CHECK(ending.text.find(where) != std::string::npos);
    CHECK(ending.sqlstate == sqlstate);
}

}  // namespace roomstore::test
