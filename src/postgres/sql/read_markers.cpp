#include "sql/read_markers.hpp"

#include "roomstore/error.hpp"
#include "sql/columns.hpp"
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

// Without a marker all events are unread. Above the last gap every index has its event, so the
// events there are counted by subtraction, and only those between the marker and the gap are
// counted one by one.
constexpr Statement count_unread{"get_unread_counts", R"(
SELECT asked.id, unread.events
FROM unnest($2::text[]) AS asked (id)
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN marker.index IS NULL THEN room.live_count
        WHEN marker.index >= room.last_gap THEN greatest(room.latest_index - marker.index, 0)
        ELSE room.latest_index - room.last_gap + (
            SELECT count(*) FROM {schema}.events e
            WHERE e.room_id = asked.id AND e.index <= room.last_gap
              AND e.index > greatest(marker.index, room.first_index - 1))
        END AS events
    FROM {schema}.rooms room
    LEFT JOIN {schema}.read_markers marker
        ON marker.room_id = asked.id AND marker.channel_id = $1
    WHERE room.id = asked.id
    OFFSET 0
) AS unread)"};

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

std::int64_t get_unread_count(Session& session,
                              const std::string& room_id,
                              const std::string& channel_id) {
    return get_unread_counts(session, channel_id, {room_id}).at(room_id);
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

std::vector<Statement> read_marker_statements() { return {mark_one, mark_all, count_unread, list}; }

}  // namespace roomstore::postgres::sql
