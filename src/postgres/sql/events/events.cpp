#include "sql/events/events.hpp"

#include <fmt/format.h>

#include "sql/events/append_steps.hpp"
#include "sql/events/columns.hpp"
#include "sql/events/filter.hpp"
#include "sql/mapping.hpp"

namespace roomstore::postgres::sql {

namespace {

constexpr Statement get_by_id{"get_event.any_room", R"(
SELECT )" ROOMSTORE_EVENT_COLUMNS R"( FROM {schema}.events
WHERE id = $1 ORDER BY room_id LIMIT 1)"};

constexpr Statement get_in_room{"get_event", R"(
SELECT )" ROOMSTORE_EVENT_COLUMNS R"( FROM {schema}.events WHERE room_id = $1 AND id = $2)"};

constexpr Statement get_by_key{"get_event_by_idempotency_key", R"(
SELECT )" ROOMSTORE_EVENT_COLUMNS R"( FROM {schema}.events
WHERE room_id = $1 AND idempotency_key = $2)"};

constexpr Statement key_exists{"check_idempotency", R"(
SELECT FROM {schema}.events WHERE room_id = $1 AND idempotency_key = $2)"};

constexpr Statement update{"update_event", R"(
UPDATE {schema}.events
SET type = $3, status = $4, visibility = $5, source_channel_id = $6, source_channel_type = $7,
    source_direction = $8, participant_id = $9, correlation_id = $10, parent_event_id = $11,
    content = $12, extra = $13
WHERE room_id = $1 AND id = $2
RETURNING index, idempotency_key, created_at)"};

// Both statements run under the room's lock. The index of a deleted event becomes a gap.
constexpr Statement remove{"delete_event", R"(
WITH gone AS (
    DELETE FROM {schema}.events WHERE room_id = $1 AND id = $2 RETURNING id, index
), counted AS (
    UPDATE {schema}.rooms
    SET live_count = live_count - 1, last_gap = greatest(last_gap, gone.index)
    FROM gone WHERE rooms.id = $1
)
SELECT id FROM gone)"};

constexpr Statement remove_with_replies{"delete_event.cascade", R"(
WITH root AS (
    DELETE FROM {schema}.events WHERE room_id = $1 AND id = $2 RETURNING id, index
), replies AS (
    DELETE FROM {schema}.events
    WHERE room_id = $1 AND parent_event_id = $2 AND id <> $2 AND EXISTS (SELECT FROM root)
    RETURNING id, index
), gone AS (
    SELECT 0 AS generation, id, index FROM root UNION ALL SELECT 1, id, index FROM replies
), counted AS (
    UPDATE {schema}.rooms
    SET live_count = live_count - lost.events, last_gap = greatest(last_gap, lost.latest)
    FROM (SELECT count(*) AS events, max(index) AS latest FROM gone) AS lost
    WHERE rooms.id = $1 AND lost.events > 0
)
SELECT id FROM gone ORDER BY generation, index)"};

std::string filtered_name(std::string_view operation, Conditions conditions) {
    if (conditions == 0) return std::string(operation);
    return fmt::format("{}.{}", operation, conditions);
}

// One lookup per thread: with all threads at once, the planner might search all events of the room
// for replies.
OwnedStatement summarize_threads(Conditions conditions) {
    return {filtered_name("get_thread_summaries", conditions),
            fmt::format(R"(
SELECT root.id, replies.events, replies.latest_at
FROM unnest($2::text[]) AS root (id)
CROSS JOIN LATERAL (
    SELECT count(*) AS events, max(created_at) AS latest_at FROM {{schema}}.events
    WHERE room_id = $1 AND parent_event_id = root.id{}
) AS replies
WHERE replies.events > 0)",
                        conditions_text(conditions, 3))};
}

constexpr Statement count_all{"get_event_count", R"(
SELECT live_count FROM {schema}.rooms WHERE id = $1)"};

OwnedStatement count_matching(Conditions conditions) {
    return {filtered_name("get_event_count", conditions),
            fmt::format(R"(
SELECT count(*) FROM {{schema}}.events
WHERE room_id = $1{}{})",
                        conditions_text(conditions, 2),
                        time_bounds_text(conditions, 2))};
}

std::optional<RoomEvent> only_event(const Result& result) {
    if (result.empty()) return std::nullopt;
    return read_event_alone(result[0]);
}

}  // namespace

std::optional<RoomEvent> get_event(Session& session, const std::string& id) {
    return only_event(session.exec(get_by_id, Params().add(id)));
}

std::optional<RoomEvent> get_event(Session& session,
                                   const std::string& room_id,
                                   const std::string& id) {
    return only_event(session.exec(get_in_room, Params().add(room_id).add(id)));
}

RoomEvent update_event(Session& session, const RoomEvent& event) {
    const auto rows = session.exec(update, update_params(event));
    if (rows.empty()) {
        throw detail::does_not_exist("update_event", "event", event.id, event.room_id);
    }
    RoomEvent stored = event;
    stored.index = rows[0].int64(0);
    stored.idempotency_key = rows[0].optional_text(1);
    stored.created_at = rows[0].timestamp(2);
    return stored;
}

std::vector<std::string> delete_event(Session& session,
                                      const std::string& room_id,
                                      const std::string& id,
                                      Replies replies) {
    if (lock_rooms(session, {room_id}).empty()) return {};
    const auto& statement = replies == Replies::cascade ? remove_with_replies : remove;
    const auto removed = session.exec(statement, Params().add(room_id).add(id));
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < removed.size(); ++i) ids.push_back(removed[i].text(0));
    return ids;
}

std::map<std::string, ThreadSummary> get_thread_summaries(Session& session,
                                                          const std::string& room_id,
                                                          const std::vector<std::string>& roots,
                                                          const EventFilter& filter) {
    Params params;
    params.add(room_id).add_array(roots);
    const auto conditions = add_conditions(filter, params);
    const auto rows = session.exec(summarize_threads(conditions), params);
    std::map<std::string, ThreadSummary> summaries;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const Row row = rows[i];
        ThreadSummary& summary = summaries[row.text(0)];
        summary.root_event_id = row.text(0);
        summary.reply_count = row.int64(1);
        summary.last_reply_at = row.timestamp(2);
    }
    return summaries;
}

bool check_idempotency(Session& session, const std::string& room_id, const std::string& key) {
    return !session.exec(key_exists, Params().add(room_id).add(key)).empty();
}

std::optional<RoomEvent> get_event_by_idempotency_key(Session& session,
                                                      const std::string& room_id,
                                                      const std::string& key) {
    return only_event(session.exec(get_by_key, Params().add(room_id).add(key)));
}

std::int64_t get_event_count(Session& session,
                             const std::string& room_id,
                             const EventFilter& filter) {
    Params params;
    params.add(room_id);
    const auto conditions = add_conditions(filter, params);
    const auto rows = conditions == 0 ? session.exec(count_all, params)
                                      : session.exec(count_matching(conditions), params);
    return rows.empty() ? 0 : rows[0].int64(0);
}

std::vector<Statement> event_statements() {
    static const std::vector<OwnedStatement> filtered = [] {
        std::vector<OwnedStatement> made;
        for (const auto conditions : sample_conditions()) {
            made.push_back(summarize_threads(conditions));
            if (conditions != 0) made.push_back(count_matching(conditions));
        }
        return made;
    }();
    std::vector<Statement> statements{get_by_id,
                                      get_in_room,
                                      get_by_key,
                                      key_exists,
                                      update,
                                      remove,
                                      remove_with_replies,
                                      count_all};
    statements.insert(statements.end(), filtered.begin(), filtered.end());
    return statements;
}

}  // namespace roomstore::postgres::sql
