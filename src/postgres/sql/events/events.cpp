#include "sql/events/events.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sql/changes.hpp"
#include "sql/columns.hpp"
#include "sql/events/append_steps.hpp"
#include "sql/events/columns.hpp"
#include "sql/events/filter.hpp"
#include "sql/mapping.hpp"
#include "sql/removals.hpp"

namespace roomstore::postgres::sql {

namespace {

constexpr Statement get_by_id{"get_event.any_room", R"(
SELECT )" ROOMSTORE_EVENT_COLUMNS R"( FROM {schema}.events
WHERE id = $1
  AND index >= (SELECT room.first_index FROM {schema}.rooms room WHERE room.id = room_id)
ORDER BY room_id LIMIT 1)"};

constexpr Statement get_in_room{"get_event", R"(
SELECT )" ROOMSTORE_EVENT_COLUMNS R"( FROM {schema}.events
WHERE room_id = $1 AND id = $2 AND )" ROOMSTORE_EVENT_IS_VISIBLE};

constexpr Statement get_by_key{"get_event_by_idempotency_key", R"(
SELECT )" ROOMSTORE_EVENT_COLUMNS R"( FROM {schema}.events
WHERE room_id = $1 AND idempotency_key = $2 AND )" ROOMSTORE_EVENT_IS_VISIBLE};

constexpr Statement key_exists{"check_idempotency", R"(
SELECT FROM {schema}.events
WHERE room_id = $1 AND idempotency_key = $2 AND )" ROOMSTORE_EVENT_IS_VISIBLE};

// Both statements run under the room's lock. The index of a deleted event becomes a gap.
constexpr Statement remove{"delete_event", R"(
WITH gone AS (
    DELETE FROM {schema}.events
    WHERE room_id = $1 AND id = $2 AND )" ROOMSTORE_EVENT_IS_VISIBLE R"(
    RETURNING id, index
), counted AS (
    UPDATE {schema}.rooms
    SET live_count = live_count - 1, last_gap = greatest(last_gap, gone.index)
    FROM gone WHERE rooms.id = $1
)
SELECT id, index FROM gone)"};

constexpr Statement remove_with_replies{"delete_event.cascade", R"(
WITH root AS (
    DELETE FROM {schema}.events
    WHERE room_id = $1 AND id = $2 AND )" ROOMSTORE_EVENT_IS_VISIBLE R"(
    RETURNING id, index
), replies AS (
    DELETE FROM {schema}.events
    WHERE room_id = $1 AND parent_event_id = $2 AND id <> $2 AND EXISTS (SELECT FROM root)
      AND )" ROOMSTORE_EVENT_IS_VISIBLE R"(
    RETURNING id, index
), gone AS (
    SELECT 0 AS generation, id, index FROM root UNION ALL SELECT 1, id, index FROM replies
), counted AS (
    UPDATE {schema}.rooms
    SET live_count = live_count - lost.events, last_gap = greatest(last_gap, lost.latest)
    FROM (SELECT count(*) AS events, max(index) AS latest FROM gone) AS lost
    WHERE rooms.id = $1 AND lost.events > 0
)
SELECT id, index FROM gone ORDER BY generation, index)"};

constexpr Statement count_range{"trim_room.count", R"(
SELECT count(*) FROM {schema}.events WHERE room_id = $1 AND index >= $2 AND index <= $3)"};

constexpr Statement trim{"trim_room", R"(
UPDATE {schema}.rooms
SET first_index = $2, live_count = $3, last_gap = greatest(last_gap, $2::bigint - 1),
    revision = revision + 1
WHERE id = $1)"};

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
    WHERE room_id = $1 AND parent_event_id = root.id
      AND {}{}
) AS replies
WHERE replies.events > 0)",
                        ROOMSTORE_EVENT_IS_VISIBLE,
                        conditions_text(conditions, 3))};
}

constexpr Statement count_all{"get_event_count", R"(
SELECT live_count FROM {schema}.rooms WHERE id = $1)"};

OwnedStatement count_matching(Conditions conditions) {
    return {filtered_name("get_event_count", conditions),
            fmt::format(R"(
SELECT count(*) FROM {{schema}}.events
WHERE room_id = $1 AND {}{}{})",
                        ROOMSTORE_EVENT_IS_VISIBLE,
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

std::vector<std::string> delete_event(Session& session,
                                      const detail::Validator& validator,
                                      const std::string& room_id,
                                      const std::string& id,
                                      Replies replies) {
    if (lock_rooms(session, {room_id}).empty()) return {};
    const auto& statement = replies == Replies::cascade ? remove_with_replies : remove;
    const auto removed = session.exec(statement, Params().add(room_id).add(id));
    ChangedEvents changed{.deleted = true};
    for (std::size_t i = 0; i < removed.size(); ++i) {
        changed.add(room_id, removed[i].int64(1), removed[i].text(0));
    }
    note_changes(session, changed, validator.limits().change_history);
    return std::move(changed.ids);
}

std::int64_t trim_room(Session& session, const std::string& room_id, std::int64_t before_index) {
    const auto rooms = lock_rooms(session, {room_id});
    const auto found = rooms.find(room_id);
    if (found == rooms.end()) throw detail::no_room("trim_room", room_id);
    const LockedRoom& room = found->second;
    const auto first = std::min(before_index, room.next_index());
    if (first <= room.first_index) {
        // This may be the second run of a call whose first has left rows.
        look_for_removals(session);
        return room.first_index;
    }
    const auto count = [&](std::int64_t from, std::int64_t to) {
        return session.exec(count_range, Params().add(room_id).add(from).add(to))[0].int64(0);
    };
    // Above the last gap, every index has its event. Below, the smaller part is counted.
    auto live_count = room.next_index() - std::max(first, room.last_gap + 1);
    if (first <= room.last_gap) {
        if (first - room.first_index < room.last_gap - first) {
            live_count = room.live_count - count(room.first_index, first - 1);
        } else {
            live_count += count(first, room.last_gap);
        }
    }
    session.exec(trim, Params().add(room_id).add(first).add(live_count));
    begin_removal(session, room_id);
    return first;
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
                                      remove,
                                      remove_with_replies,
                                      count_range,
                                      trim,
                                      count_all};
    statements.insert(statements.end(), filtered.begin(), filtered.end());
    return statements;
}

}  // namespace roomstore::postgres::sql
