#include "roomstore/postgres/postgres_store.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "driver/session.hpp"
#include "live/live.hpp"
#include "pool/worker_pool.hpp"
#include "room_write_job.hpp"
#include "roomstore/detail/normalize.hpp"
#include "roomstore/detail/validate.hpp"
#include "roomstore/detail/watch_registry.hpp"
#include "schema/migrations.hpp"
#include "schema/rights.hpp"
#include "sql/bindings.hpp"
#include "sql/changes.hpp"
#include "sql/events/append.hpp"
#include "sql/events/events.hpp"
#include "sql/identities.hpp"
#include "sql/inbox.hpp"
#include "sql/observations.hpp"
#include "sql/participants.hpp"
#include "sql/read_markers.hpp"
#include "sql/removals.hpp"
#include "sql/rooms.hpp"
#include "sql/tasks.hpp"
#include "sql/unreadable_rows.hpp"
#include "sql/watches.hpp"

// Jobs are named before they are handed over: GCC 12 destroys temporaries of a co_await twice.
namespace roomstore {

namespace sql = postgres::sql;
using postgres::Session;

namespace {

PostgresOptions validated(PostgresOptions options) {
    validate(options);
    return options;
}

/// Whether the operation changes what `list_changes` tells of its room.
constexpr bool changes_room(std::string_view operation) {
    for (const std::string_view name : {"create_room",
                                        "update_room",
                                        "patch_room_metadata",
                                        "delete_room",
                                        "add_event_auto_index",
                                        "append_events",
                                        "add_event",
                                        "update_event",
                                        "delete_event",
                                        "trim_room"}) {
        if (name == operation) return true;
    }
    return false;
}

}  // namespace

/// Every operation first checks that the store is open, then its arguments, and hands the pool one
/// job. Nothing follows that one suspension, so the store may be destroyed before the caller
/// resumes. (`init` suspends several times.)
class PostgresStore::Impl {
public:
    using Session = postgres::Session;

    /// The first column of operations.inc.
    struct Kind {
        postgres::Mode mode;
        postgres::Rerun rerun;
    };
    /// Changes nothing; may always be re-run.
    static constexpr Kind read{postgres::Mode::read, postgres::Rerun::unsafe};
    /// A re-run after a commit gives the true answer.
    static constexpr Kind settles{postgres::Mode::write, postgres::Rerun::settles};
    /// A re-run could not tell the first run's effect from that of another caller.
    static constexpr Kind reports{postgres::Mode::write, postgres::Rerun::unsafe};

    explicit Impl(const PostgresOptions& given)
        : options(given), validator(given.limits), live(given, watches), pool(given) {
        unreadable = std::make_shared<postgres::UnreadableRows>(pool.log());
        pool.set_background_job(
            {.name = "remove_rows", .mode = settles.mode, .rerun = settles.rerun},
            postgres::sql::continue_any_removal);
        live->set_log(pool.log());
        live->set_guard(pool.guard());
        live->set_probe(
            [start = pool.starter()](const std::string& channel, const std::string& message) {
                start({.name = "probe", .mode = read.mode, .rerun = read.rerun},
                      [channel, message](Session& session) {
                          postgres::sql::send_messages(session, channel, {message});
                      });
            });
        pool.set_on_change([told = live.get()](std::string_view room_id) { told->tell(room_id); });
        watches->set_on_add([weak = std::weak_ptr(live.get())] {
            if (const auto told = weak.lock()) told->rooms_added();
        });
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;
    ~Impl() {
        if (pool.in_forked_child()) {
            // Another thread may have held its locks when the process forked.
            static_cast<void>(new auto(watches));
        } else {
            watches->close();
        }
    }

    PostgresStats stats() const {
        auto stats = pool.stats();
        if (pool.in_forked_child()) return stats;
        stats.rows_left_out = unreadable->count();
        live->add_to(stats);
        return stats;
    }

    /// Begins a call, whose time counts from here.
    /// @throws Error closed.
    postgres::Operation begin(Kind kind, const char* operation) const {
        require_open(operation);
        return {.name = operation,
                .mode = kind.mode,
                .rerun = kind.rerun,
                .changes_room = changes_room(operation),
                .began = std::chrono::steady_clock::now()};
    }

    /// @throws Error closed.
    void require_open(std::string_view operation) const {
        switch (state.load()) {
            case State::open:
                return;
            case State::created:
                throw Error(errc::closed, fmt::format("{}: init() has not been called", operation));
            case State::closed:
                throw Error(errc::closed,
                            fmt::format("{}: the store was closed by close()", operation));
        }
    }

    /// The job of an operation: calls `function` with the session, what functions of sql/ may need
    /// of the store, and the arguments. Moves from `arguments`; the job can run several times.
    template <typename Result, typename Function, typename... Arguments>
    std::function<Result(Session&)> make_job(Function function, Arguments&... arguments) const {
        (detail::normalize(arguments), ...);
        return [function,
                checker = validator,
                count = unreadable,
                stored =
                    std::tuple<Arguments...>(std::move(arguments)...)](Session& session) -> Result {
            const auto call = [&](const auto&... each) -> Result {
                return function(session, checker, *count, each...);
            };
            return std::apply(call, stored);
        };
    }

    enum class Step { first, later };

    /// Runs a step of `init`.
    asio::awaitable<bool> run(Kind kind, std::function<bool(Session&)> job, Step step) {
        postgres::Operation operation{.name = "init",
                                      .mode = kind.mode,
                                      .rerun = kind.rerun,
                                      .patient = true,
                                      .first_contact = step == Step::first};
        return pool.run<bool>(std::move(operation), std::move(job));
    }

    /// Executes a write in one transaction with others that are queued. The events are normalized.
    /// @param bytes  of the events, as `validator` counts them
    asio::awaitable<std::vector<RoomEvent>> write(postgres::Operation operation,
                                                  postgres::sql::Write write,
                                                  std::size_t bytes) {
        operation.room_id = room_of(write);
        auto job = std::make_shared<postgres::RoomWriteJob>(
            std::move(write), bytes, validator.limits().change_history);
        operation.bytes = job->size().bytes;
        return pool.run(std::move(operation), std::move(job));
    }

    /// Ends the thread after that of the pool, whose last calls may change rooms.
    class LiveOwner {
    public:
        LiveOwner(const PostgresOptions& options,
                  const std::shared_ptr<roomstore::detail::WatchRegistry>& watches)
            : live_(std::make_shared<postgres::Live>(options, watches)) {}
        LiveOwner(const LiveOwner&) = delete;
        LiveOwner& operator=(const LiveOwner&) = delete;
        ~LiveOwner() { live_->close(); }

        postgres::Live* operator->() const noexcept { return live_.get(); }
        const std::shared_ptr<postgres::Live>& get() const noexcept { return live_; }

    private:
        const std::shared_ptr<postgres::Live> live_;
    };

    enum class State { created, open, closed };

    const PostgresOptions options;
    const detail::Validator validator;
    std::atomic<State> state{State::created};
    /// Shared with jobs, which may outlive the store. It outlives the pool, whose log callback may
    /// call `stats()` while the pool shuts down.
    std::shared_ptr<postgres::UnreadableRows> unreadable;
    const std::shared_ptr<detail::WatchRegistry> watches = detail::WatchRegistry::make();
    const LiveOwner live;
    postgres::WorkerPool pool;
};

PostgresStore::PostgresStore(PostgresOptions options)
    : impl_(std::make_unique<Impl>(validated(std::move(options)))) {}

PostgresStore::~PostgresStore() = default;

std::string PostgresStore::schema_sql(const PostgresOptions& options) {
    validate(options);
    return postgres::schema_script(options.schema, options.partitions);
}

PostgresStats PostgresStore::stats() const { return impl_->stats(); }

asio::awaitable<void> PostgresStore::init() {
    if (impl_->state == Impl::State::closed) impl_->require_open("init");
    impl_->pool.open();
    if (impl_->state == Impl::State::open) co_return;
    const std::function<bool(Session&)> inspect = [options = impl_->options](Session& session) {
        const auto found = postgres::read_schema_state(session, options.schema);
        const bool due = postgres::needs_migration(found, options.schema, options.create_schema);
        if (due) {
            postgres::require_creation_rights(session, options.schema);
        } else {
            postgres::require_table_rights(session, options.schema);
            sql::look_for_removals(session);
        }
        return due;
    };
    const bool found_due = co_await impl_->run(Impl::read, inspect, Impl::Step::first);
    for (bool due = found_due; due;) {
        std::function<bool(Session&)> migrate = [options = impl_->options](Session& session) {
            return postgres::apply_next_migration(session, options.schema, options.partitions);
        };
        due = co_await impl_->run(Impl::settles, std::move(migrate), Impl::Step::later);
    }
    // Another process may have made the tables, and own them.
    if (found_due) co_await impl_->run(Impl::read, inspect, Impl::Step::later);
    auto created = Impl::State::created;
    impl_->live->open();
    impl_->state.compare_exchange_strong(created, Impl::State::open);
}

asio::awaitable<void> PostgresStore::close() {
    impl_->state = Impl::State::closed;
    // In a forked child, another thread may have held its locks when the process forked.
    if (!impl_->pool.in_forked_child()) impl_->watches->close();
    const auto live = impl_->live.get();
    auto closing = impl_->pool.close();
    co_await std::move(closing);
    live->finish();
}

std::shared_ptr<RoomWatch> PostgresStore::watch_rooms(WatchOptions options) {
    impl_->require_open("watch_rooms");
    if (impl_->pool.in_forked_child())
        throw Error(errc::closed, "watch_rooms: the process was forked");
    return impl_->watches->watch(std::move(options.rooms));
}

// A function of sql/ takes the session, the count of unreadable rows or the validator where it
// needs one, and the arguments of the operation.
#define ROOMSTORE_DEFINE(kind, result, name, room, parameters, ...)                        \
    asio::awaitable<ROOMSTORE_RESULT result> PostgresStore::name parameters {              \
        using Result = ROOMSTORE_RESULT result;                                            \
        auto operation = impl_->begin(Impl::kind, #name);                                  \
        operation.bytes = impl_->validator.name(__VA_ARGS__);                              \
        operation.room_id = room;                                                          \
        auto job = impl_->make_job<Result>([](Session& session,                            \
                                              auto& validator,                             \
                                              auto& unreadable,                            \
                                              const auto&... given) -> Result {            \
            if constexpr (requires { sql::name(session, given...); }) {                    \
                return sql::name(session, given...);                                       \
            } else if constexpr (requires { sql::name(session, unreadable, given...); }) { \
                return sql::name(session, unreadable, given...);                           \
            } else {                                                                       \
                return sql::name(session, validator, given...);                            \
            }                                                                              \
        } __VA_OPT__(, ) __VA_ARGS__);                                                     \
        auto running = impl_->pool.run<Result>(std::move(operation), std::move(job));      \
        co_return co_await std::move(running);                                             \
    }
#define ROOMSTORE_DEFINE_read(...) ROOMSTORE_DEFINE(read, __VA_ARGS__)
#define ROOMSTORE_DEFINE_settles(...) ROOMSTORE_DEFINE(settles, __VA_ARGS__)
#define ROOMSTORE_DEFINE_reports(...) ROOMSTORE_DEFINE(reports, __VA_ARGS__)
#define ROOMSTORE_DEFINE_custom(...)
#define ROOMSTORE_DEFAULT(...)
#define ROOMSTORE_OPERATION(kind, result, ...) ROOMSTORE_DEFINE_##kind((result), __VA_ARGS__)
#include "roomstore/detail/operations.inc"

asio::awaitable<RoomEvent> PostgresStore::add_event_auto_index(std::string room_id,
                                                               RoomEvent event) {
    auto operation = impl_->begin(Impl::settles, "add_event_auto_index");
    const auto bytes = impl_->validator.add_event_auto_index(room_id, event);
    detail::normalize(event);
    std::vector<RoomEvent> events;
    events.push_back(std::move(event));
    sql::Append append(operation.name.data(), std::move(room_id), std::move(events));
    auto writing = impl_->write(std::move(operation), std::move(append), bytes);
    auto stored = co_await std::move(writing);
    co_return std::move(stored.front());
}

asio::awaitable<RoomEvent> PostgresStore::update_event(RoomEvent event) {
    auto operation = impl_->begin(Impl::settles, "update_event");
    const auto bytes = impl_->validator.update_event(event);
    detail::normalize(event);
    sql::Update update{.event = std::move(event)};
    auto writing = impl_->write(std::move(operation), std::move(update), bytes);
    auto stored = co_await std::move(writing);
    co_return std::move(stored.front());
}

asio::awaitable<std::vector<RoomEvent>> PostgresStore::append_events(std::string room_id,
                                                                     std::vector<RoomEvent> events,
                                                                     AppendOptions options) {
    auto operation = impl_->begin(Impl::settles, "append_events");
    const auto bytes = impl_->validator.append_events(room_id, events, options);
    for (RoomEvent& event : events) detail::normalize(event);
    sql::Append append(
        operation.name.data(), std::move(room_id), std::move(events), options.expected_next_index);
    auto writing = impl_->write(std::move(operation), std::move(append), bytes);
    co_return co_await std::move(writing);
}

}  // namespace roomstore
