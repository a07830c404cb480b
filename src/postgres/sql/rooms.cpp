#include "sql/rooms.hpp"

#include <algorithm>
#include <limits>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sql/columns.hpp"
#include "sql/lists.hpp"
#include "sql/mapping.hpp"
#include "sql/removals.hpp"
#include "sql/statement_family.hpp"

namespace roomstore::postgres::sql {

namespace {

constexpr Statement create{"create_room", R"(
INSERT INTO {schema}.rooms ()" ROOMSTORE_ROOM_COLUMNS R"(, last_gap, timed_events)
VALUES ($1, $2, $3, $11, $4, $5, $6, $7, $8, $9, $10, $12::bigint, $13::bigint, $14,
        CASE WHEN $12::bigint = 0 THEN -1 ELSE $13::bigint END, $12::bigint)
ON CONFLICT DO NOTHING
RETURNING )" ROOMSTORE_ROOM_COLUMNS};

constexpr Statement get{"get_room", R"(
SELECT )" ROOMSTORE_ROOM_COLUMNS R"( FROM {schema}.rooms WHERE id = $1)"};

// Strong enough to block additions to the room, which would copy the old status.
constexpr Statement lock_state{"update_room.lock", R"(
SELECT status FROM {schema}.rooms WHERE id = $1 FOR UPDATE)"};

// Sees all rows that were added before the lock was granted.
constexpr Statement repeat_state{"update_room.state", R"(
WITH of_bindings AS (
    UPDATE {schema}.bindings SET room_status = $2 WHERE room_id = $1 AND room_status <> $2
)
UPDATE {schema}.participants SET room_status = $2 WHERE room_id = $1 AND room_status <> $2)"};

constexpr Statement update{"update_room", R"(
UPDATE {schema}.rooms
SET organization_id = $2, status = $3, updated_at = $4, closed_at = $5,
    inactive_after_seconds = $6, closed_after_seconds = $7, last_activity_at = $8,
    agent_response_policy = $9, metadata = $10, revision = revision + 1,
    row_revision = revision + 1
WHERE id = $1
RETURNING )" ROOMSTORE_ROOM_COLUMNS};

constexpr Statement patch{"patch_room_metadata", R"(
UPDATE {schema}.rooms
SET metadata = (metadata - $2::text[]) || $3::jsonb, updated_at = $4, revision = revision + 1,
    row_revision = revision + 1
WHERE id = $1
RETURNING )" ROOMSTORE_ROOM_COLUMNS};

constexpr Statement remove{"delete_room", R"(
DELETE FROM {schema}.rooms WHERE id = $1)"};

constexpr Statement exists{"room_exists", R"(
SELECT FROM {schema}.rooms WHERE id = $1)"};

constexpr Statement delivered{"get_delivered_index", R"(
SELECT delivered_index FROM {schema}.rooms WHERE id = $1)"};

constexpr Statement advance_by_one{"advance_delivered_index.refuse", R"(
UPDATE {schema}.rooms SET delivered_index = $2::bigint WHERE id = $1 AND delivered_index = $2::bigint - 1)"};

constexpr Statement advance_over_gap{"advance_delivered_index.skip", R"(
UPDATE {schema}.rooms SET delivered_index = $2::bigint WHERE id = $1 AND delivered_index < $2::bigint)"};

// Three lists side by side: a row holds the room, a binding or a participant, and nulls in the
// other columns.
constexpr Statement load_context{
    "load_room_context",
    R"(
SELECT *
FROM (SELECT )" ROOMSTORE_ROOM_COLUMNS R"( FROM {schema}.rooms WHERE id = $1) AS room
FULL JOIN (SELECT )" ROOMSTORE_BINDING_COLUMNS
    R"( FROM {schema}.bindings WHERE room_id = $1 AND )" ROOMSTORE_ROOM_EXISTS
    R"() AS binding
    ON false
FULL JOIN (SELECT )" ROOMSTORE_PARTICIPANT_COLUMNS
    R"( FROM {schema}.participants WHERE room_id = $1 AND )" ROOMSTORE_ROOM_EXISTS
    R"() AS participant
    ON false
ORDER BY binding.attached_at, binding.channel_id, participant.joined_at, participant.id)"};

// Members of the family: one bit per condition that is present.
enum FindBit : std::size_t {
    by_organization = 1,
    by_status = 2,
    by_metadata = 4,
    by_participant = 8,
    after_position = 16,
    find_bits = 32
};

// Conditions of which every status meets exactly one: the statuses that this build knows, in byte
// order, and the gaps around them, which only statuses of a later build fall into.
std::vector<std::string> states(std::string_view column) {
    std::vector<std::string> names(enum_names<RoomStatus>.begin(), enum_names<RoomStatus>.end());
    std::ranges::sort(names);
    std::vector<std::string> conditions;
    std::string above;
    for (const auto& name : names) {
        conditions.push_back(fmt::format("{}{} < '{}'", above, column, name));
        conditions.push_back(fmt::format("{} = '{}'", column, name));
        above = fmt::format("{} > '{}' AND ", column, name);
    }
    conditions.push_back(fmt::format("{} > '{}'", column, names.back()));
    return conditions;
}

// The rooms of all statuses are those of each status, merged in order: one index serves searches
// with a status and without. Each status gives no more rooms ($3) than the page can need of it.
std::string merged_states(const std::string& condition) {
    std::vector<std::string> parts;
    for (const auto& state : states("status")) {
        parts.push_back(fmt::format("(SELECT " ROOMSTORE_ROOM_COLUMNS " FROM {{schema}}.rooms\n"
                                    "     WHERE {}{} ORDER BY created_at, id LIMIT $3)",
                                    state,
                                    condition));
    }
    return fmt::format("\n    {}", fmt::join(parts, "\n    UNION ALL "));
}

// An entry of a room that was not deleted. Not EXISTS, which could be planned as a join with all
// rooms.
constexpr std::string_view entry_is_visible =
    " AND (SELECT room.id FROM {schema}.rooms room WHERE room.id = entry.room_id) IS NOT NULL";

// The entries of all statuses are those of each status, merged in order.
std::string merged_entries(std::string_view select, std::string_view order) {
    std::vector<std::string> parts;
    for (const auto& state : states("entry.room_status")) {
        parts.push_back(fmt::format("({} AND {}{})", select, state, order));
    }
    return fmt::format("\n     {}", fmt::join(parts, "\n     UNION ALL "));
}

// The rooms that have a participant, or a binding with it, merged from the entries of both tables.
// Each part gives every room once, and no more rooms ($3) than the page can need of it.
std::string rooms_of_participant(std::string_view participant,
                                 bool in_one_status,
                                 const std::string& of_entry,
                                 const std::string& of_room) {
    const auto part = [&](std::string_view table, std::string_view column) {
        const std::string room = fmt::format(
            "(SELECT room.id FROM {{schema}}.rooms room WHERE room.id = entry.room_id{}) IS NOT "
            "NULL",
            of_room);
        const std::string select = fmt::format(
            "SELECT DISTINCT entry.room_created_at, entry.room_id FROM {{schema}}.{} entry\n"
            "      WHERE entry.{} = {}{}\n        AND {}",
            table,
            column,
            participant,
            of_entry,
            room);
        const std::string order = "\n      ORDER BY entry.room_created_at, entry.room_id LIMIT $3";
        if (in_one_status) return fmt::format("({}{})", select, order);
        return merged_entries(select, order);
    };
    return fmt::format(
        "\n    SELECT room.* FROM (\n    SELECT DISTINCT room_created_at, room_id FROM ({}\n"
        "     UNION ALL {}) AS entries\n    ORDER BY room_created_at, room_id LIMIT $3) AS page\n"
        "    CROSS JOIN LATERAL (SELECT " ROOMSTORE_ROOM_COLUMNS
        " FROM {{schema}}.rooms\n    WHERE id = page.room_id OFFSET 0) AS room",
        part("participants", "id"),
        part("bindings", "participant_id"));
}

// Initialized while the library is loaded. If the first call initialized them, the initialization
// would never end in a child that is forked meanwhile.
const StatementFamily find_statements = [] {
    StatementFamily members;
    for (std::size_t bits = 0; bits < find_bits; ++bits) {
        const std::size_t filters = bits & ~std::size_t{after_position};
        std::string name = filters == 0 ? "list_rooms" : "find_rooms";
        std::string condition;
        std::string of_entry;
        std::string participant;
        int parameter = 3;
        const auto next = [&](std::string_view label) {
            name += label;
            return fmt::format("${}", ++parameter);
        };
        if (bits & by_participant) participant = next(".participant");
        if (bits & by_organization) {
            condition += fmt::format(" AND organization_id = {}", next(".organization"));
        }
        if (bits & by_metadata) condition += fmt::format(" AND metadata @> {}", next(".metadata"));
        std::string status;
        if (bits & by_status) status = next(".status");
        if (bits & after_position) {
            const auto time = next(".after");
            const auto id = next("");
            const std::string place = fmt::format("({}::timestamptz, {})", time, id);
            of_entry = fmt::format(" AND (entry.room_created_at, entry.room_id) > {}", place);
            if (!(bits & by_participant)) condition += " AND (created_at, id) > " + place;
        }
        std::string rooms;
        if (bits & by_participant) {
            if (bits & by_status) of_entry += " AND entry.room_status = " + status;
            rooms = rooms_of_participant(participant, (bits & by_status) != 0, of_entry, condition);
        } else if (bits & by_status) {
            rooms = fmt::format("\n    SELECT " ROOMSTORE_ROOM_COLUMNS
                                " FROM {{schema}}.rooms\n"
                                "    WHERE $3::bigint >= 0{} AND status = {}",
                                condition,
                                status);
        } else {
            rooms = merged_states(condition);
        }
        members.add(name,
                    fmt::format("\nSELECT * FROM ({}) AS found\n"
                                "ORDER BY created_at, id OFFSET $1 LIMIT $2",
                                rooms),
                    // If few rooms have these metadata, the best plan searches for them; if many,
                    // it scans the rooms in order.
                    (bits & by_metadata) != 0);
    }
    return members;
}();

enum LatestBit : std::size_t { of_type = 1, in_status = 2 };

// Each part scans its index from the newest room and stops at the first match.
const StatementFamily latest_statements = [] {
    StatementFamily members;
    for (std::size_t bits = 0; bits < 4; ++bits) {
        int parameter = 1;
        std::string name = "find_latest_room";
        std::string type;
        if (bits & of_type) {
            name += ".channel_type";
            type = fmt::format(" AND entry.channel_type = ${}", ++parameter);
        }
        const std::string newest =
            "\n      ORDER BY entry.room_created_at DESC, entry.room_id DESC LIMIT 1";
        std::string in_participants = fmt::format(
            "SELECT entry.room_created_at, entry.room_id FROM {{schema}}.participants entry\n"
            "      WHERE entry.id = $1{}",
            entry_is_visible);
        std::string in_bindings = fmt::format(
            "SELECT entry.room_created_at, entry.room_id FROM {{schema}}.bindings entry\n"
            "      WHERE entry.participant_id = $1{}{}",
            type,
            entry_is_visible);
        if (bits & in_status) {
            name += ".status";
            const auto status = fmt::format(" AND entry.room_status = ${}", ++parameter);
            in_participants = fmt::format("\n     ({}{}{})", in_participants, status, newest);
            in_bindings = fmt::format("\n     ({}{}{})", in_bindings, status, newest);
        } else {
            in_participants = merged_entries(in_participants, newest);
            in_bindings = merged_entries(in_bindings, newest);
        }
        members.add(
            name,
            fmt::format("\nSELECT " ROOMSTORE_ROOM_COLUMNS " FROM {{schema}}.rooms WHERE id = (\n"
                        "    SELECT room_id FROM ({}\n     UNION ALL{}) AS newest\n"
                        "    ORDER BY room_created_at DESC, room_id DESC LIMIT 1)",
                        in_participants,
                        in_bindings));
    }
    return members;
}();

enum ChannelBit : std::size_t { in_state = 1 };

const StatementFamily channel_statements = [] {
    StatementFamily members;
    const std::string select = fmt::format(
        "SELECT entry.room_id, entry.room_created_at FROM {{schema}}.bindings entry\n"
        "      WHERE entry.channel_id = $1{}",
        entry_is_visible);
    const std::string oldest = "\n      ORDER BY entry.room_created_at, entry.room_id LIMIT $2";
    members.add("find_room_ids_by_channel",
                fmt::format("\nSELECT room_id FROM ({}) AS oldest\n"
                            "ORDER BY room_created_at, room_id LIMIT $2",
                            merged_entries(select, oldest)));
    members.add("find_room_ids_by_channel.status",
                fmt::format("\n{} AND entry.room_status = $3{}", select, oldest));
    return members;
}();

/// All parameters except `created_at` and the counters, which an update does not set.
Params params_of(const Room& room) {
    Params params;
    params.add(room.id)
        .add(room.organization_id)
        .add(to_string(room.status))
        .add(room.updated_at)
        .add(room.closed_at)
        .add(room.timers.inactive_after_seconds)
        .add(room.timers.closed_after_seconds)
        .add(room.timers.last_activity_at)
        .add(to_string(room.agent_response_policy))
        .add(json_text(room.metadata));
    return params;
}

std::optional<Room> only_room(const Result& result, const std::string& id) {
    if (result.empty()) return std::nullopt;
    return read_alone("rooms", named("room", id), [&] { return read_room(result[0]); });
}

Result find(Session& session,
            const RoomFilter& filter,
            const std::optional<RoomPageCursor>& after,
            std::int64_t offset,
            std::int64_t limit) {
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    std::size_t member = 0;
    Params params;
    params.add(offset).add(limit).add(limit > most - offset ? most : offset + limit);
    if (filter.participant_id) {
        member |= by_participant;
        params.add(*filter.participant_id);
    }
    if (filter.organization_id) {
        member |= by_organization;
        params.add(*filter.organization_id);
    }
    if (filter.metadata) {
        member |= by_metadata;
        params.add(json_text(*filter.metadata));
    }
    if (filter.status) {
        member |= by_status;
        params.add(to_string(*filter.status));
    }
    if (after) {
        member |= after_position;
        params.add(after->created_at()).add(after->id());
    }
    return session.exec(find_statements[member], params);
}

}  // namespace

Room read_room(const Row& row, int first) {
    Room room;
    room.id = row.text(first);
    room.organization_id = row.optional_text(first + 1);
    room.status = read_enum_column<RoomStatus>(row, first + 2, "status");
    room.created_at = row.timestamp(first + 3);
    room.updated_at = row.timestamp(first + 4);
    room.closed_at = row.optional_timestamp(first + 5);
    room.timers.inactive_after_seconds = row.optional_int64(first + 6);
    room.timers.closed_after_seconds = row.optional_int64(first + 7);
    room.timers.last_activity_at = row.optional_timestamp(first + 8);
    room.agent_response_policy =
        read_enum_column<AgentResponsePolicy>(row, first + 9, "agent_response_policy");
    room.metadata = read_json_column<Json>(row, first + 10, "metadata");
    room.event_count = row.int64(first + 11);
    room.latest_index = row.int64(first + 12);
    room.delivered_index = row.int64(first + 13);
    return room;
}

Room create_room(Session& session, const Room& room) {
    // If a transaction deletes the room at this moment, the first statement waits for its end, and
    // the second sees what it has left.
    std::vector<Request> requests;
    requests.push_back({create,
                        params_of(room)
                            .add(room.created_at)
                            .add(room.event_count)
                            .add(room.latest_index)
                            .add(room.delivered_index)});
    requests.push_back({removal_is_pending, Params().add(room.id)});
    const auto results = session.exec_all(requests);
    auto row = only_room(results[0], room.id);
    if (!row) throw detail::exists_already("create_room", "room", room.id);
    if (!results[1].empty()) {
        session.exec(remove, Params().add(room.id));
        continue_removal(session, room.id);
        Failure why;
        why.code = errc::busy;
        why.text = "the rows of the deleted room with this id are still being removed";
        session.commit_and_repeat(std::move(why));
    }
    return std::move(*row);
}

std::optional<Room> get_room(Session& session, const std::string& id) {
    return only_room(session.exec(get, Params().add(id)), id);
}

Room update_room(Session& session, const Room& room) {
    std::vector<Request> requests;
    requests.push_back({lock_state, Params().add(room.id)});
    requests.push_back({update, params_of(room)});
    const auto results = session.exec_all(requests);
    auto row = only_room(results[1], room.id);
    // A room that was created after the first statement is not locked.
    if (!row || results[0].empty()) throw detail::no_room("update_room", room.id);
    const auto status = to_string(room.status);
    if (results[0][0].view(0) != status) {
        session.exec(repeat_state, Params().add(room.id).add(status));
    }
    return std::move(*row);
}

std::optional<Room> patch_room_metadata(Session& session,
                                        const detail::Validator& validator,
                                        const std::string& id,
                                        const Json& changes,
                                        const std::vector<std::string>& unset) {
    Params params;
    params.add(id).add_array(unset).add(json_text(changes)).add(now());
    auto room = only_room(session.exec(patch, params), id);
    if (room) validator.patched_room(*room);
    return room;
}

bool delete_room(Session& session, const std::string& id) {
    // Delete the room's row first: from then on nothing is added to the room, and the statements
    // that follow see everything that was added before.
    const auto removed = session.exec(remove, Params().add(id));
    if (removed.affected_rows() == 0) return false;
    begin_removal(session, id);
    return true;
}

bool room_exists(Session& session, const std::string& id) {
    return !session.exec(exists, Params().add(id)).empty();
}

std::vector<Room> list_rooms(Session& session, UnreadableRows& unreadable, const Page& page) {
    return find_rooms(session, unreadable, {}, page);
}

std::vector<Room> find_rooms(Session& session,
                             UnreadableRows& unreadable,
                             const RoomFilter& filter,
                             const Page& page) {
    const auto at = [&](std::int64_t offset) {
        return find(session, filter, page.after, offset, page.limit);
    };
    const auto next = [&, position = std::int64_t{0}](std::int64_t count) mutable {
        return find(session, filter, page.after, std::exchange(position, position + count), count);
    };
    return read_page(page.offset,
                     page.limit,
                     LeftOut(unreadable, Table::rooms, {}),
                     at,
                     next,
                     [](const Row& row) { return read_room(row); });
}

std::optional<Room> find_latest_room(Session& session,
                                     const std::string& participant_id,
                                     const LatestRoomFilter& filter) {
    std::size_t member = 0;
    Params params;
    params.add(participant_id);
    if (filter.channel_type) {
        member |= of_type;
        params.add(filter.channel_type->name());
    }
    if (filter.status) {
        member |= in_status;
        params.add(to_string(*filter.status));
    }
    const auto found = session.exec(latest_statements[member], params);
    if (found.empty()) return std::nullopt;
    return only_room(found, found[0].text(0));
}

std::optional<std::string> find_room_id_by_channel(Session& session,
                                                   const std::string& channel_id,
                                                   const std::optional<RoomStatus>& status) {
    auto ids = find_room_ids_by_channel(session, channel_id, {.status = status, .limit = 1});
    if (ids.empty()) return std::nullopt;
    return std::move(ids.front());
}

std::vector<std::string> find_room_ids_by_channel(Session& session,
                                                  const std::string& channel_id,
                                                  const ChannelLookup& lookup) {
    std::size_t member = 0;
    Params params;
    params.add(channel_id).add(lookup.limit);
    if (lookup.status) {
        member |= in_state;
        params.add(to_string(*lookup.status));
    }
    const auto found = session.exec(channel_statements[member], params);
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < found.size(); ++i) ids.push_back(found[i].text(0));
    return ids;
}

std::int64_t get_delivered_index(Session& session, const std::string& id) {
    const auto found = session.exec(delivered, Params().add(id));
    return found.empty() ? -1 : found[0].int64(0);
}

bool advance_delivered_index(Session& session, const std::string& id, std::int64_t index, Gap gap) {
    const auto& statement = gap == Gap::skip ? advance_over_gap : advance_by_one;
    return session.exec(statement, Params().add(id).add(index)).affected_rows() > 0;
}

RoomContext load_room_context(Session& session, UnreadableRows& unreadable, const std::string& id) {
    constexpr int first_binding = room_column_count;
    constexpr int first_participant = first_binding + binding_column_count;
    const auto rows = session.exec(load_context, Params().add(id));
    RoomContext context;
    LeftOut bindings(unreadable, Table::bindings, id);
    LeftOut participants(unreadable, Table::participants, id);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const Row row = rows[i];
        if (!row.is_null(0)) {
            context.room = read_alone("rooms", named("room", id), [&] { return read_room(row); });
            continue;
        }
        const bool is_binding = !row.is_null(first_binding);
        try {
            if (is_binding) {
                context.bindings.push_back(read_binding(row, first_binding));
            } else {
                context.participants.push_back(read_participant(row, first_participant));
            }
        } catch (const ColumnError& error) {
            (is_binding ? bindings : participants).add(error);
        }
    }
    bindings.report();
    participants.report();
    return context;
}

std::vector<Statement> room_statements() {
    std::vector<Statement> statements{create,
                                      get,
                                      update,
                                      patch,
                                      remove,
                                      exists,
                                      delivered,
                                      advance_by_one,
                                      advance_over_gap,
                                      load_context,
                                      lock_state,
                                      repeat_state};
    channel_statements.append_to(statements);
    find_statements.append_to(statements);
    latest_statements.append_to(statements);
    return statements;
}

}  // namespace roomstore::postgres::sql
