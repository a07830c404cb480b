#include "sql/read_markers.hpp"

#include <algorithm>

#include "roomstore/error.hpp"
#include "sql/columns.hpp"
#include "sql/events/filter.hpp"
#include "sql/mapping.hpp"
#include "sql/rooms.hpp"

namespace roomstore::postgres::sql {

namespace {

// An existing marker is moved without a lock on the room: deleting the room waits for the marker.
// Only the first one locks the room, which prevents its deletion before the marker is inserted.
#define ROOMSTORE_MOVE_MARKER                                                                    \
    ", moved AS (\n"                                                                             \
    "    UPDATE {schema}.read_markers marker SET index = target.index\n"                         \
    "    FROM target\n"                                                                          \
    "    WHERE marker.room_id = $1 AND marker.channel_id = $2 AND marker.index < target.index\n" \
    "), room AS (\n"                                                                             \
    "    SELECT id FROM {schema}.rooms\n"                                                        \
    "    WHERE id = $1 AND NOT EXISTS (SELECT FROM {schema}.read_markers\n"                      \
    "                                  WHERE room_id = $1 AND channel_id = $2)\n"                \
    "    FOR KEY SHARE\n"                                                                        \
    "), added AS (\n"                                                                            \
    "    INSERT INTO {schema}.read_markers AS marker (room_id, channel_id, index)\n"             \
    "    SELECT $1, $2, target.index FROM room, target\n"                                        \
    "    ON CONFLICT (room_id, channel_id) DO UPDATE\n"                                          \
    "    SET index = excluded.index WHERE marker.index < excluded.index\n"                       \
    ")\n"

constexpr Statement mark_one{"mark_read", R"(
WITH target AS (
    SELECT index FROM {schema}.events
    WHERE room_id = $1 AND id = $3 AND )" ROOMSTORE_EVENT_IS_VISIBLE R"(
))" ROOMSTORE_MOVE_MARKER "SELECT FROM target"};

constexpr Statement mark_all{"mark_all_read", R"(
WITH target AS (
    SELECT latest_index AS index FROM {schema}.rooms WHERE id = $1 AND event_count > 0
))" ROOMSTORE_MOVE_MARKER "SELECT FROM {schema}.rooms WHERE id = $1"};

// Gives nothing for a room that does not exist.
constexpr Statement mark_back{"mark_unread_from", R"(
WITH moved AS (
    UPDATE {schema}.read_markers SET index = $3::bigint - 1
    WHERE room_id = $1 AND channel_id = $2 AND index >= $3::bigint AND )" ROOMSTORE_ROOM_EXISTS R"(
)
SELECT FROM {schema}.rooms WHERE id = $1)"};

constexpr Statement count_unread{"get_unread_counts", R"(
SELECT asked.id, unread.events
FROM unnest($2::text[]) AS asked (id)
CROSS JOIN LATERAL (
    SELECT )" ROOMSTORE_COUNT_UNREAD R"( AS events
    FROM {schema}.rooms room
    LEFT JOIN {schema}.read_markers marker
        ON marker.room_id = asked.id AND marker.channel_id = $1
    WHERE room.id = asked.id
    OFFSET 0
) AS unread)"};

// One bound on the index, as in list_events. $6 is null where there is no cap.
constexpr Statement count_matching{"get_unread_count.matching", R"(
SELECT count(*) FROM (
    SELECT FROM {schema}.events
    WHERE room_id = $1
      AND index > (SELECT greatest(coalesce((SELECT index FROM {schema}.read_markers
                                             WHERE room_id = $1 AND channel_id = $2), -1),
                                   first_index - 1)
                   FROM {schema}.rooms WHERE id = $1)
      AND ($3::text[] IS NULL OR type = ANY ($3))
      AND ($4::text[] IS NULL OR type <> ALL ($4))
      AND ($5::text IS NULL OR participant_id IS DISTINCT FROM $5)
    LIMIT $6) AS unread)"};

constexpr Statement list{"list_read_markers", R"(
SELECT channel_id, index FROM {schema}.read_markers
WHERE room_id = $1 AND )" ROOMSTORE_ROOM_EXISTS};

std::map<std::string, std::int64_t> read_numbers(const Result& rows) {
    std::map<std::string, std::int64_t> numbers;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        numbers.insert_or_assign(rows[i].text(0), rows[i].int64(1));
    }
    return numbers;
}

}  // namespace

void mark_read(Session& session,
               const std::string& room_id,
               const std::string& channel_id,
               const std::string& event_id) {
    const auto found = session.exec(mark_one, Params().add(room_id).add(channel_id).add(event_id));
    if (!found.empty()) return;
    throw detail::does_not_exist("mark_read", "event", event_id, room_id);
}

void mark_all_read(Session& session, const std::string& room_id, const std::string& channel_id) {
    const auto found = session.exec(mark_all, Params().add(room_id).add(channel_id));
    if (found.empty()) throw detail::no_room("mark_all_read", room_id);
}

void mark_unread_from(Session& session,
                      const std::string& room_id,
                      const std::string& channel_id,
                      std::int64_t index) {
    const auto found = session.exec(mark_back, Params().add(room_id).add(channel_id).add(index));
    if (found.empty()) throw detail::no_room("mark_unread_from", room_id);
}

std::int64_t get_unread_count(Session& session,
                              const std::string& room_id,
                              const std::string& channel_id,
                              const UnreadQuery& query) {
    if (!query.event_types && !query.exclude_types && !query.exclude_participant) {
        const auto count = get_unread_counts(session, channel_id, {room_id}).at(room_id);
        return query.cap ? std::min(count, *query.cap) : count;
    }
    Params params;
    params.add(room_id).add(channel_id);
    add_names(params, query.event_types);
    add_names(params, query.exclude_types);
    params.add(query.exclude_participant).add(query.cap);
    return session.exec(count_matching, params)[0].int64(0);
}

std::map<std::string, std::int64_t> get_unread_counts(Session& session,
                                                      const std::string& channel_id,
                                                      const std::vector<std::string>& room_ids) {
    auto counts =
        read_numbers(session.exec(count_unread, Params().add(channel_id).add_array(room_ids)));
    for (const std::string& room_id : room_ids) counts.try_emplace(room_id, 0);
    return counts;
}

std::map<std::string, std::int64_t> list_read_markers(Session& session,
                                                      const std::string& room_id) {
    return read_numbers(session.exec(list, Params().add(room_id)));
}

std::vector<Statement> read_marker_statements() {
    return {mark_one, mark_all, mark_back, count_unread, count_matching, list};
}

}  // namespace roomstore::postgres::sql
