#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "roomstore/model/await_guard.hpp"
#include "roomstore/postgres/export.hpp"
#include "roomstore/query.hpp"

namespace roomstore {

/// Severity of a line passed to `PostgresOptions::log`.
/// @ingroup stores
enum class LogLevel {
    /// The store has recovered by itself: a call is retried, a connection is restored.
    info,
    /// Something is wrong: a connection is lost, a row cannot be read.
    warning,
};

/// Connection settings and limits of a `PostgresStore`. Checked once, when the store is
/// constructed: an invalid field is reported by an `Error` with `errc::invalid_argument` and a text
/// that names it.
/// @ingroup stores
struct PostgresOptions {
    /// A libpq connection string or URI (PostgreSQL manual, section 34.1.1); several hosts and
    /// `target_session_attrs` are supported. Parameters that it does not set are taken from libpq's
    /// service file, environment variables and defaults, once, when the store is constructed. A
    /// value that libpq would reject is rejected then. The error text names the keyword but no
    /// value, since a value may be a misplaced password.
    ///
    /// If none of these sources sets them, the store sets `connect_timeout`, `tcp_user_timeout`,
    /// the keepalives, `gssencmode=disable` and `application_name`, so that a dead server is
    /// detected within 5 s. The client encoding is always UTF-8. Of several hosts, and of several
    /// addresses of a host, the one that answered last is tried first. After a server has rejected
    /// the role, its password or the database, no further server is tried. Until a server has
    /// accepted a connection, no text quotes what servers say, or names a host that is not known to
    /// be one.
    std::string connection_string{};

    /// The schema that holds the tables: 1..63 bytes of UTF-8 without NUL, not beginning with
    /// `pg_`. Several stores can share a database by using different schemas. Names in statements
    /// are resolved in `pg_catalog` and this schema only, regardless of the `search_path` of the
    /// role or the database.
    std::string schema = "roomstore";

    /// Number of connections, each with its own thread: 1..1000. As many calls run at the same
    /// time.
    std::size_t connections = 4;

    /// Maximum number of waiting calls: calls that wait for a connection, and appends and updates
    /// of events that wait for their room. 1..1 000 000. A further call fails with `errc::busy` at
    /// once.
    std::size_t queue_capacity = 1024;

    /// Maximum size in bytes of the arguments of all waiting calls: 1 byte .. 64 GiB. They are
    /// counted as for `Limits::max_event_bytes`, and each event of an append for 256 bytes more. A
    /// further call fails with `errc::busy` at once, unless no other call waits: a call of any size
    /// may wait alone. The arguments of running calls, at most one call or batch for each
    /// connection, are not counted.
    std::size_t queue_bytes = std::size_t{64} << 20;

    /// Maximum number of events appended or updated in one transaction: 1..4096. Appends and
    /// updates that wait while all connections are busy, or while another one in their room runs,
    /// are batched in one transaction; none is delayed to form a batch. 1 gives each call its own
    /// transaction.
    std::size_t append_batch = 256;

    /// Maximum duration of a call, including the check of its arguments, waiting and retries:
    /// 100 ms..1 h. A call that has not completed by then fails with `errc::timeout`,
    /// `unavailable`, `busy` or `commit_unknown`, at most 250 ms later.
    std::chrono::milliseconds deadline{5000};

    /// Maximum duration of one attempt to connect to one address: 100 ms..1 h. A `connect_timeout`
    /// in the connection string, its service or the environment takes precedence.
    std::chrono::milliseconds connect_timeout{3000};

    /// How long a statement waits for a lock before it is rolled back and retried: 1 ms..1 h.
    std::chrono::milliseconds lock_timeout{2000};

    /// Whether to use prepared statements. A statement is prepared once per connection, which keeps
    /// the 256 most recently used, as far as their texts are not longer than 128 KiB together.
    /// `false` leaves no state in a session and therefore works behind
    /// a pooler in transaction mode (PgBouncer), at the cost of parsing every statement each time.
    bool prepared_statements = true;

    /// Whether `init()` creates and migrates the schema. If false, it only checks the schema, and
    /// the role does not need the CREATE privilege.
    bool create_schema = true;

    /// Number of hash partitions by `room_id` of each room-scoped table that `init()` creates:
    /// 0..1024. 0 creates ordinary tables. Existing tables are not changed.
    int partitions = 0;

    /// The name shown in `pg_stat_activity`: at most 63 bytes without NUL. If empty, libpq's
    /// default is used.
    std::string application_name = "roomstore";

    /// Whether this process tells others which rooms it has changed, and listens to what they tell,
    /// by NOTIFY and LISTEN on one more connection. It is opened when something changes or is
    /// watched. Changes are sent after their transaction, at most every 10 ms, and only while a
    /// watch of another process listens. If false, watches learn by polling what other processes
    /// change, and other processes learn by polling what this one does.
    bool notify = true;

    /// The connection for notifications and for polling watched rooms, if not `connection_string`.
    /// Needed behind a pooler in transaction mode, which does not pass on notifications: give the
    /// address of the server itself. If empty and `prepared_statements` is false, the store does
    /// not listen.
    std::string notify_connection_string{};

    /// How often the states of all watched rooms are compared, in one statement: 100 ms .. 1 h.
    /// Whatever happens to notifications, a watch is told of a change no later than after this time
    /// and the time of a statement, while the server answers.
    std::chrono::milliseconds watch_poll_interval{5000};

    /// What the store accepts: the size of rows, pages and batches. `Limits` has the units,
    /// defaults and ranges.
    Limits limits{};

    /// Called with what no call reports: connections that are lost or cannot be opened, and why;
    /// calls that are retried; commits in doubt, and how they were settled; rows that lists leave
    /// out. If empty, nothing is logged and no log thread is started.
    ///
    /// `text` is one line of UTF-8, at most 1 KiB, valid during the call. It contains no secrets,
    /// no control characters, and no user data except ids. The calls are made one after the other,
    /// on a separate thread, from `init()` on; at most 256 lines are queued. Further lines are
    /// dropped (`PostgresStats::log_lines_dropped`). Exceptions from the function are discarded
    /// (`PostgresStats::log_failures`). It must not destroy the store.
    ///
    /// When the store is closed, queued lines are delivered within 250 ms or dropped. The
    /// destructor waits for a running call of the function; after that there are no further calls.
    std::function<void(LogLevel level, std::string_view text)> log{};
    ROOMSTORE_AWAIT_GUARD;
};

/// Checks the options as the constructor of `PostgresStore` does.
/// @throws Error with `errc::invalid_argument` and a text such as `PostgresOptions::connections: 0
/// is not in 1..1000` if a field is out of bounds.
/// @ingroup stores
ROOMSTORE_POSTGRES_EXPORT void validate(const PostgresOptions& options);

}  // namespace roomstore
