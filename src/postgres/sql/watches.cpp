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

}  // namespace

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

std::vector<Statement> watch_statements() { return {states, key, notify}; }

}  // namespace roomstore::postgres::sql
