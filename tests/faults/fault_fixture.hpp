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

/// The server that the tests of this binary share, also on TCP. They break connections to it, never
/// the server.
PrivateCluster& shared_server();

/// How much later than its deadline a call may end: what is promised, and as much again as a busy
/// machine may take for it.
inline constexpr std::chrono::milliseconds promised_delay{250};
inline constexpr std::chrono::milliseconds busy_machine{1500};

/// One connection, and more time than any test needs.
PostgresOptions patient_options(std::size_t append_batch = 256);

/// A store that something happens to, on tables of its own, with the rooms `a`, `b`, `c` and
/// `recovered`.
class StoreUnderFault {
public:
    /// `options` count but for schema and name. An empty connection string leads straight to the
    /// server.
    explicit StoreUnderFault(PrivateCluster& cluster, PostgresOptions options = patient_options());
    ~StoreUnderFault();
    StoreUnderFault(const StoreUnderFault&) = delete;
    StoreUnderFault& operator=(const StoreUnderFault&) = delete;

    PostgresStore& store() { return *store_; }
    const PostgresOptions& options() const noexcept { return options_; }
    Caller& caller() noexcept { return caller_; }

    Task<RoomEvent> append(const std::string& room, const std::string& id);

    /// The last check of every test: 20 appends succeed, and what the store holds of the system is
    /// what it held before; once it is closed, nothing is left. `closed` is called in between, for
    /// what stands between the store and the server.
    void recover(const std::function<void()>& closed = {});
    /// Destroys the store as it is.
    void destroy() { store_.reset(); }
    void check_nothing_left();
    /// A new store on the same tables.
    void reopen();

    /// Beside the store; `{schema}` is its schema.
    std::vector<TextRow> query(std::string sql);
    std::string value(std::string sql);
    std::string indexes(const std::string& room);
    std::string times_stored(const std::string& event_id);

    /// Of the connections of this store.
    std::string backends(const std::string& condition = "true");
    pid_t backend(const std::string& condition);
    bool waits_for_lock() { return backends("wait_event_type = 'Lock'") != "0"; }
    /// Returns when they are gone.
    void terminate(const std::string& condition = "true");

    /// Runs `action`, in PL/pgSQL, in the transaction of the first event whose id begins with
    /// `victim`: before its row is written, or as COMMIT begins; with `always`, of each.
    enum class Moment { insert, commit };
    enum class Often { once, always };
    void sabotage(Moment moment, const std::string& action, Often often = Often::once);
    void repair();

    /// The store is served by another server from here on.
    void follow(PrivateCluster& server) {
        admin_.reset();
        cluster_ = &server;
    }

    /// Of a connection that broke or whose server did.
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

/// The row of a room, locked by somebody else.
class RoomLock {
public:
    RoomLock(PrivateCluster& cluster, const StoreUnderFault& fault, const std::string& room);
    /// Also of its connection.
    void release();

private:
    std::optional<Admin> admin_;
};

/// A process that does nothing until the end of the scope.
class Frozen {
public:
    explicit Frozen(pid_t pid);
    ~Frozen();
    Frozen(const Frozen&) = delete;
    Frozen& operator=(const Frozen&) = delete;

private:
    pid_t pid_;
};

struct Append {
    std::string room;
    std::string id;
};

/// Appends that share a transaction, where the store lets them: all wait for its only connection,
/// which an append to the room `c` keeps until `ready` has returned.
std::vector<Ending<RoomEvent>> append_together(
    PrivateCluster& cluster,
    StoreUnderFault& fault,
    const std::vector<Append>& appends,
    const std::function<void()>& ready = [] {});

/// Callers that append without a pause and write down what they are told, until they are stopped.
class Load {
public:
    Load(PostgresStore& store, Caller& caller, std::vector<std::string> rooms, int callers);
    ~Load();
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;

    /// Waits for that many more appends that are answered as stored.
    void await_more(std::size_t appends);
    void stop();

    /// Of those that ended; after `stop`.
    std::size_t stored() const { return counts_->stored; }
    std::size_t failed(errc code) const {
        return counts_->failed.at(static_cast<std::size_t>(code));
    }
    std::size_t failed() const;
    const std::string& last_error() const { return counts_->last_error; }

    /// What the history and the rooms, read by `by`, hold against the store.
    std::vector<std::string> violations(PostgresStore& by) const;

private:
    struct Counts {
        std::atomic<std::size_t> stored{0};
        std::array<std::atomic<std::size_t>, 32> failed{};
        std::string last_error;  // of the caller's thread
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

/// Checks how an append ended that failed: the code, and a text that names operation, room and
/// `where`, which is a part of the server's name.
void check_failure(const Ending<RoomEvent>& ending,
                   errc code,
                   const std::string& room,
                   const std::string& where,
                   const std::string& sqlstate = {});

/// The rooms as `check_history` wants them.
std::map<std::string, std::vector<RoomEvent>> all_events(PostgresStore& store,
                                                         const std::vector<std::string>& rooms);

}  // namespace roomstore::test
