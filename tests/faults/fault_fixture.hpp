#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "roomstore/postgres/postgres_store.hpp"
#include "support/builders.hpp"
#include "support/footprint.hpp"
#include "support/history.hpp"
#include "support/private_cluster.hpp"
#include "support/run.hpp"
#include "support/task.hpp"

namespace roomstore::test {

using namespace std::chrono_literals;

/// The server that the tests of this binary share; it also listens on TCP. Tests may break
/// connections to it, but not the server.
PrivateCluster& shared_server();

/// How long after its deadline a call may end: the promised limit, and an allowance for a busy
/// machine.
inline constexpr std::chrono::milliseconds promised_delay{250};
inline constexpr std::chrono::milliseconds busy_machine{1500};

/// One connection, and timeouts longer than any test needs.
PostgresOptions patient_options(std::size_t append_batch = 256);

/// A store for fault tests, in a schema of its own, with the rooms `a`, `b`, `c` and `recovered`.
class StoreUnderFault {
public:
    /// Replaces the schema and the application name in `options`. An empty connection string means
    /// a direct connection to the server.
    explicit StoreUnderFault(PrivateCluster& cluster, PostgresOptions options = patient_options());
    ~StoreUnderFault();
    StoreUnderFault(const StoreUnderFault&) = delete;
    StoreUnderFault& operator=(const StoreUnderFault&) = delete;

    PostgresStore& store() { return *store_; }
    const PostgresOptions& options() const noexcept { return options_; }
    Caller& caller() noexcept { return caller_; }

    Task<RoomEvent> append(const std::string& room, const std::string& id);

    /// The last check of every test: 20 appends succeed, and the store uses no more threads,
    /// descriptors and connections than before the fault. After it is closed, none of them are
    /// left. `closed` is called before this check, to remove what is between the store and the
    /// server.
    void recover(const std::function<void()>& closed = {});
    /// Destroys the store without closing it.
    void destroy() { store_.reset(); }
    void check_nothing_left();
    /// A new store on the same tables.
    void reopen();

    /// Run on a separate connection; `{schema}` in `sql` is replaced by the schema of the store.
    std::vector<TextRow> query(std::string sql);
    std::string value(std::string sql);
    std::string indexes(const std::string& room);
    std::string times_stored(const std::string& event_id);

    /// Number of the store's backends that satisfy `condition`, and the pid of the only one.
    std::string backends(const std::string& condition = "true");
    pid_t backend(const std::string& condition);
    bool waits_for_lock() { return backends("wait_event_type = 'Lock'") != "0"; }
    /// Terminates these backends, and waits until they are gone.
    void terminate(const std::string& condition = "true");

    /// Runs `action`, in PL/pgSQL, in the transaction that stores the first event whose id begins
    /// with `victim`, or, with `always`, every such event: before the row is written, or at the
    /// start of COMMIT.
    enum class Moment { insert, commit };
    enum class Often { once, always };
    void install_trigger(Moment moment, const std::string& action, Often often = Often::once);
    void remove_trigger();

    /// From here on the store uses another server.
    void follow(PrivateCluster& server) {
        admin_.reset();
        cluster_ = &server;
    }

    /// Drops the separate connection, for when it or its server has failed.
    void forget_admin() { admin_.reset(); }

private:
    Admin& admin();
    std::string expand(std::string sql) const;

    PrivateCluster* cluster_;
    Caller caller_;
    PostgresOptions options_;
    std::size_t threads_before_ = 0;
    std::size_t descriptors_before_ = 0;
    std::optional<Admin> admin_;
    std::unique_ptr<PostgresStore> store_;
    std::size_t threads_serving_ = 0;
    std::size_t descriptors_serving_ = 0;
};

/// A lock on the row of a room, held by another client.
class RoomLock {
public:
    RoomLock(PrivateCluster& cluster, const StoreUnderFault& fault, const std::string& room);
    /// Also closes the connection that holds the lock.
    void release();

private:
    std::optional<Admin> admin_;
};

struct Append {
    std::string room;
    std::string id;
};

/// Makes appends that form one batch if `append_batch` permits: all are queued for the store's only
/// connection, which an append to the room `c` occupies until `ready` has returned.
std::vector<Ending<RoomEvent>> append_together(
    PrivateCluster& cluster,
    StoreUnderFault& fault,
    const std::vector<Append>& appends,
    const std::function<void()>& ready = [] {});

/// Callers that append continuously and record the results, until `stop`.
class Load {
public:
    Load(PostgresStore& store, Caller& caller, std::vector<std::string> rooms, int callers);
    ~Load();
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;

    /// Waits until this many more appends were answered as stored.
    void await_more(std::size_t appends);
    void stop();

    /// Numbers of appends by result; call `stop` first.
    std::size_t stored() const { return counts_->stored; }
    std::size_t failed(errc code) const {
        return counts_->failed.at(static_cast<std::size_t>(code));
    }
    std::size_t failed() const;
    const std::string& last_error() const { return counts_->last_error; }

    /// The violations found by `check_history` on the history and the rooms, which `by` reads.
    std::vector<std::string> violations(PostgresStore& by) const;

private:
    struct Counts {
        std::atomic<std::size_t> stored{0};
        std::array<std::atomic<std::size_t>, 32> failed{};
        std::string last_error;  // used on the caller's thread only
    };

    asio::awaitable<void> append_until_stopped(int number);

    PostgresStore& store_;
    std::vector<std::string> rooms_;
    History history_;
    LogicalClock clock_;
    std::atomic<bool> stopped_{false};
    std::unique_ptr<Counts> counts_ = std::make_unique<Counts>();
    std::vector<std::unique_ptr<Task<void>>> tasks_;
};

/// Checks that an append failed with this code and SQLSTATE, and that the text names the operation,
/// the room and `where`, a part of the server's name.
void check_failure(const Ending<RoomEvent>& ending,
                   errc code,
                   const std::string& room,
                   const std::string& where,
                   const std::string& sqlstate = {});

/// The events of the rooms, for `check_history`.
std::map<std::string, std::vector<RoomEvent>> all_events(PostgresStore& store,
                                                         const std::vector<std::string>& rooms);

}  // namespace roomstore::test
