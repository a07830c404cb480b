#include "sql/watches.hpp"

#include "roomstore/detail/refusals.hpp"

namespace roomstore::postgres::sql {

namespace {

constexpr Statement states{"watch.states", R"(
SELECT id, generation, event_count, live_count, latest_index, revision
FROM {schema}.rooms WHERE id = ANY ($1::text[]))"};

// The lock is refused by a standby, whose states would be old: the session then goes on to another
// server, as one that writes does.
constexpr Statement key{"watch.hint_key", R"(
SELECT value FROM {schema}.settings WHERE name = 'hint_key' FOR KEY SHARE)"};

// The transaction needs no flush, although it has an id.
constexpr Statement notify{"watch.notify", R"(
SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, message)
FROM unnest($2::text[]) AS given (message))"};

// A lock goes with its session, whatever ends it. Who else may take it can only cause messages.
constexpr Statement mark{"watch.mark_listening", R"(
SELECT pg_try_advisory_lock_shared($1::bigint))"};

constexpr Statement unmark{"watch.stop_listening", R"(
SELECT pg_advisory_unlock_shared($1::bigint))"};

constexpr Statement look{"watch.others_listen", R"(
SELECT EXISTS (
    SELECT FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 1 AND pid <> pg_backend_pid()
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND classid::bigint = (($1::bigint >> 32) & 4294967295)
      AND objid::bigint = ($1::bigint & 4294967295)))"};

}  // namespace

bool mark_listening(Session& session, std::int64_t lock) {
    return session.exec(mark, Params().add(lock))[0].boolean(0);
}

void stop_listening(Session& session, std::int64_t lock) {
    session.exec(unmark, Params().add(lock));
}

bool others_listen(Session& session, std::int64_t lock) {
    return session.exec(look, Params().add(lock))[0].boolean(0);
}

detail::TextMap<RoomState> read_room_states(Session& session,
                                            const std::vector<std::string>& rooms) {
    const auto rows = session.exec(states, Params().add_array(rooms));
    detail::TextMap<RoomState> found;
    found.reserve(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const Row row = rows[i];
        found.emplace(row.text(0),
                      RoomState{.generation = row.int64(1),
                                .event_count = row.int64(2),
                                .live_count = row.int64(3),
                                .latest_index = row.int64(4),
                                .revision = row.int64(5)});
    }
    return found;
}

std::string read_hint_key(Session& session) {
    const auto rows = session.exec(key, Params());
    if (rows.empty()) {
        throw detail::refusal(errc::corrupt_data, "settings", "there is no hint_key");
    }
    return rows[0].text(0);
}

void send_messages(Session& session,
                   const std::string& channel,
                   const std::vector<std::string>& messages) {
    session.exec(notify, Params().add(channel).add_array(messages));
}

std::vector<Statement> watch_statements() { return {states, key, notify, mark, unmark, look}; }

}  // namespace roomstore::postgres::sql
