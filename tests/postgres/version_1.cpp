#include "postgres/version_1.hpp"

#include <map>
#include <utility>

namespace roomstore::test {

Version1::Version1(const FreshSchema& schema, const std::string& connection_string)
    : schema_(schema.quoted_name()), session_(connection_string) {}

void Version1::append(const std::string& room, const std::string& id, const std::string& body) {
    run(R"(
BEGIN;
SELECT id, event_count, latest_index, last_gap, live_count
FROM {schema}.rooms WHERE id = {room} FOR UPDATE;
WITH counted AS (
    UPDATE {schema}.rooms
    SET event_count = event_count + 1,
        live_count = live_count + 1,
        latest_index = CASE WHEN event_count = 0 THEN 0 ELSE latest_index + 1 END,
        last_activity_at = greatest(last_activity_at, now())
    WHERE id = {room} AND latest_index < 9000000000000000000
      AND NOT EXISTS (SELECT FROM {schema}.events e WHERE e.room_id = {room} AND e.id = {id})
      AND NOT EXISTS (SELECT FROM {schema}.events e
                      WHERE e.room_id = {room} AND e.idempotency_key = NULL)
    RETURNING id AS counted_id, latest_index AS first_index
), stored AS (
    INSERT INTO {schema}.events (room_id, index, id, type, status, visibility, source_channel_id,
        source_channel_type, source_direction, participant_id, correlation_id, parent_event_id,
        idempotency_key, created_at, content, extra)
    SELECT counted_id, first_index, {id}, 'message', 'pending', 'all', 'channel', 'sms', 'inbound',
           NULL, NULL, NULL, NULL, now(), {content}, NULL
    FROM counted
)
SELECT counted_id, first_index FROM counted;
COMMIT)",
        room,
        id,
        body);
}

void Version1::update(const std::string& room, const std::string& id, const std::string& body) {
    run(R"(
UPDATE {schema}.events
SET type = 'message', status = 'pending', visibility = 'all', source_channel_id = 'channel',
    source_channel_type = 'sms', source_direction = 'inbound', participant_id = NULL,
    correlation_id = NULL, parent_event_id = NULL, content = {content}, extra = NULL
WHERE room_id = {room} AND id = {id}
RETURNING index, idempotency_key, created_at)",
        room,
        id,
        body);
}

void Version1::remove(const std::string& room, const std::string& id) {
    run(R"(
BEGIN;
SELECT id, event_count, latest_index, last_gap, live_count
FROM {schema}.rooms WHERE id = {room} FOR UPDATE;
WITH gone AS (
    DELETE FROM {schema}.events WHERE room_id = {room} AND id = {id} RETURNING id, index
), counted AS (
    UPDATE {schema}.rooms
    SET live_count = live_count - 1, last_gap = greatest(last_gap, gone.index)
    FROM gone WHERE rooms.id = {room}
)
SELECT id FROM gone;
COMMIT)",
        room,
        id,
        "");
}

void Version1::run(std::string sql,
                   const std::string& room,
                   const std::string& id,
                   const std::string& body) {
    const std::map<std::string, std::string> values{
        {"{schema}", schema_},
        {"{room}", "'" + room + "'"},
        {"{id}", "'" + id + "'"},
        {"{content}", R"('{"type":"text","body":")" + body + "\"}'"}};
    for (const auto& [name, value] : values) {
        for (auto at = sql.find(name); at != sql.npos; at = sql.find(name, at)) {
            sql.replace(at, name.size(), value);
            at += value.size();
        }
    }
    session_.query(sql);
}

}  // namespace roomstore::test
