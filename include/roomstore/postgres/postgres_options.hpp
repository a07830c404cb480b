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

/// How much a line of `PostgresOptions::log` matters.
/// @ingroup stores
enum class LogLevel {
    /// The store has helped itself: a call that is repeated, a connection that is there again.
    info,
    /// Something is not as it should be: a connection that is lost, a row that cannot be read.
    warning,
};

/// How a `PostgresStore` reaches its database and how much it may take. Checked once, when the
/// store is made: `Error` with `errc::invalid_argument` and a text that names the field.
/// @ingroup stores
struct PostgresOptions {
    /// libpq's connection string or URL (PostgreSQL manual, section 34.1.1), also with several
    /// hosts and `target_session_attrs`. What it leaves open, libpq's service file, environment and
    /// defaults add, once, when the store is made. A value that libpq would refuse is refused then,
    /// with a text that names the keyword and repeats no value: a misplaced password would be one.
    ///
    /// Where none of them says otherwise, the store sets `connect_timeout`, `tcp_user_timeout`, the
    /// keepalives, `gssencmode=disable` and `application_name`, so that a dead server is noticed
    /// within 5 s. The client encoding is always UTF-8. Of several hosts, and of the addresses of
    /// one, that which answered last is tried first; a server that refuses the role, its password
    /// or the database is the last that is asked. Until a server has let the store in, no text
    /// repeats what servers say, nor names a server whose name is not known to be one.
    std::string connection_string{};

    /// The schema that holds the tables: 1..63 bytes of UTF-8 without NUL, not beginning with
    /// `pg_`. Several stores share a database by different schemas. Names in statements are looked
    /// up in `pg_catalog` and here only, whatever `search_path` the role or the database sets.
    std::string schema = "roomstore";

    /// Connections, each with a thread of its own: 1..1000. As many calls run at once.
    std::size_t connections = 4;

    /// Calls that wait, for a connection or, of appends, for their room: 1..1 000 000. One more
    /// fails with `errc::busy` at once.
    std::size_t queue_capacity = 1024;

    /// Events that are appended in one transaction at most: 1..4096. Appends that wait while all
    /// connections are busy, or while their room is being appended to, are committed together; none
    /// waits for company. 1 gives each call a transaction of its own.
    std::size_t append_batch = 256;

    /// How long a call may take, waiting and repetitions included: 100 ms..1 h. A call that has not
    /// ended by then fails with `errc::timeout`, `unavailable`, `busy` or `commit_unknown`, at most
    /// 250 ms later.
    std::chrono::milliseconds deadline{5000};

    /// How long one attempt to connect to one address may take: 100 ms..1 h. A `connect_timeout`
    /// in the connection string, its service or the environment wins.
    std::chrono::milliseconds connect_timeout{3000};

    /// How long a statement waits for a lock before it is rolled back and repeated: 1 ms..1 h.
    std::chrono::milliseconds lock_timeout{2000};

    /// Whether statements are prepared, once per connection, which keeps the 256 that were used
    /// last. `false` leaves no state in a session and so works behind a pooler in transaction mode
    /// (PgBouncer), at the price of parsing every statement anew.
    bool prepared_statements = true;

    /// Whether `init()` creates and migrates the schema. `false`: it only checks, and a role
    /// without CREATE is enough.
    bool create_schema = true;

    /// Hash partitions by `room_id` of each room-scoped table that `init()` creates: 0..1024. 0
    /// creates ordinary tables. Tables that exist stay as they are.
    int partitions = 0;

    /// The name shown in `pg_stat_activity`: at most 63 bytes without NUL. Empty: libpq's default.
    std::string application_name = "roomstore";

    /// What the store accepts. `Limits::max_event_bytes`: bytes, 1 MiB by default, 1 byte to 64
    /// MiB.
    Limits limits{};

    /// Is told what no call reports: connections that are lost or cannot be made, and why; calls
    /// that are repeated; commits in doubt, and their end; rows that lists leave out. Empty: nobody
    /// is told, and no thread runs for it.
    ///
    /// `text` is one line of UTF-8, at most 1 KiB, valid during the call. It holds no secret, and
    /// of what users wrote nothing but ids, without control characters. The calls come one after
    /// the other, on a thread of their own, from `init()` on; at most 256 lines wait for it. Those
    /// beyond are dropped (`PostgresStats::log_lines_dropped`), and so is what it throws
    /// (`PostgresStats::log_failures`). It must not destroy the store.
    ///
    /// When the store ends, the lines that wait are told within 250 ms, or dropped. The destructor
    /// waits for a call that runs; afterwards there is none.
    std::function<void(LogLevel level, std::string_view text)> log{};
    ROOMSTORE_AWAIT_GUARD;
};

/// Refuses options that no store can be made with.
/// @throws Error with `errc::invalid_argument` and a text such as
/// `PostgresOptions::connections: 0 is not in 1..1000` where a field is out of bounds.
/// @ingroup stores
ROOMSTORE_POSTGRES_EXPORT void validate(const PostgresOptions& options);

}  // namespace roomstore
