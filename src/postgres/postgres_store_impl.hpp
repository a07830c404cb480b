#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <asio/awaitable.hpp>

#include "append_job.hpp"
#include "driver/session.hpp"
#include "pool/worker_pool.hpp"
#include "roomstore/detail/validate.hpp"
#include "roomstore/postgres/postgres_store.hpp"
#include "sql/unreadable_rows.hpp"

namespace roomstore {

/// Every operation is: refuse when closed, validate, hand one job to the workers. Nothing follows
/// the one suspension, so that the store may be gone when the caller resumes.
class PostgresStore::Impl {
public:
    using Session = postgres::Session;

    explicit Impl(const PostgresOptions& given)
        : options(given), validator(given.limits), pool(given) {
        unreadable = std::make_shared<postgres::UnreadableRows>(pool.log());
    }

    PostgresStats stats() const {
        auto stats = pool.stats();
        if (!pool.in_forked_child()) stats.rows_left_out = unreadable->count();
        return stats;
    }

    /// @throws Error closed.
    void require_open(std::string_view operation) const {
        switch (state.load()) {
            case State::open:
                return;
            case State::created:
                throw Error(errc::closed, std::string(operation) + ": init() has not been called");
            case State::closed:
                throw Error(errc::closed,
                            std::string(operation) + ": the store was closed by close()");
        }
    }

    /// A job that changes nothing.
    template <typename Job>
    auto read(std::string_view operation, std::string room_id, Job job) {
        return run({.name = operation, .mode = postgres::Mode::read, .room_id = std::move(room_id)},
                   std::move(job));
    }

    /// A job that answers truly when it is run again after it was committed.
    template <typename Job>
    auto write(std::string_view operation, std::string room_id, Job job) {
        return run({.name = operation,
                    .mode = postgres::Mode::write,
                    .rerun = postgres::Rerun::settles,
                    .room_id = std::move(room_id)},
                   std::move(job));
    }

    /// A job whose second run would take the first one's work for somebody else's.
    template <typename Job>
    auto write_once(std::string_view operation, std::string room_id, Job job) {
        return run({.name = operation,
                    .mode = postgres::Mode::write,
                    .rerun = postgres::Rerun::unsafe,
                    .room_id = std::move(room_id)},
                   std::move(job));
    }

    /// Events for the end of a room, in one transaction with what others append just then.
    asio::awaitable<std::vector<RoomEvent>> append(
        const char* operation,
        std::string room_id,
        std::vector<RoomEvent> events,
        std::optional<std::int64_t> expected_next_index = std::nullopt) {
        auto job = std::make_shared<postgres::AppendJob>(
            postgres::sql::Append(operation, room_id, std::move(events), expected_next_index));
        postgres::Operation described{.name = operation,
                                      .mode = postgres::Mode::write,
                                      .rerun = postgres::Rerun::settles,
                                      .room_id = std::move(room_id)};
        return pool.run(std::move(described), std::move(job));
    }

    enum class State { created, open, closed };

    const PostgresOptions options;
    const detail::Validator validator;
    std::atomic<State> state{State::created};
    /// Jobs keep it: they may outlive the store. It outlives the pool: while that ends, the log may
    /// be told something, and ask for `stats()`.
    std::shared_ptr<postgres::UnreadableRows> unreadable;
    postgres::WorkerPool pool;

private:
    template <typename Job>
    auto run(postgres::Operation operation, Job job) {
        using T = std::invoke_result_t<Job, Session&>;
        return pool.run<T>(std::move(operation), std::function<T(Session&)>(std::move(job)));
    }
};

}  // namespace roomstore
