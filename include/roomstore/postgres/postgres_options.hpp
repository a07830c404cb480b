#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "roomstore/postgres/export.hpp"
#include "roomstore/query.hpp"

namespace roomstore {

/// How a `PostgresStore` reaches its database and how much it may take. Checked once, when the
/// store is made: `Error` with `errc::invalid_argument` and a text that names the field.
/// @ingroup stores
struct PostgresOptions {
    /// libpq's connection string or URL (PostgreSQL manual, section 34.1.1), also with several
    /// hosts and `target_session_attrs`. Empty: libpq's environment variables and defaults.
    ///
    /// Where the string does not say otherwise, the store sets `connect_timeout`,
    /// `tcp_user_timeout`, the keepalives, `gssencmode=disable` and `application_name`, so that a
    /// dead server is noticed within 5 s. The client encoding is always UTF-8. Of several hosts,
    /// the one that answered last is tried first.
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

    /// How long one attempt to connect to one host may take: 100 ms..1 h. A `connect_timeout` in
    /// the connection string wins.
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
};

/// Refuses options that no store can be made with.
/// @throws Error with `errc::invalid_argument` and a text such as
/// `PostgresOptions::connections: 0 is not in 1..1000` where a field is out of bounds.
/// @ingroup stores
ROOMSTORE_POSTGRES_EXPORT void validate(const PostgresOptions& options);

}  // namespace roomstore
