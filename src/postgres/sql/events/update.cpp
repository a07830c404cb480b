#include "sql/events/update.hpp"

#include "sql/changes.hpp"
#include "sql/columns.hpp"
#include "sql/events/append_steps.hpp"
#include "sql/events/columns.hpp"

namespace roomstore::postgres::sql {

namespace {

#define ROOMSTORE_UPDATE                                                             \
    "UPDATE {schema}.events\n"                                                       \
    "SET type = $3, status = $4, visibility = $5, source_channel_id = $6,\n"         \
    "    source_channel_type = $7, source_direction = $8, participant_id = $9,\n"    \
    "    correlation_id = $10, parent_event_id = $11, content = $12, extra = $13,\n" \
    "    token_count = $14, updated = true\n"                                        \
    "WHERE room_id = $1 AND id = $2 AND " ROOMSTORE_EVENT_IS_VISIBLE                 \
    "\nRETURNING index, idempotency_key, created_at"

// One statement for each event: with the events as arrays, it would need a join, which could be
// planned, while the tables are small, in a way that is slow once they have grown.
constexpr Statement update{"update_event.in_batch", "\n" ROOMSTORE_UPDATE};

// The same with its note in `event_changes`, for a single event.
constexpr Statement update_and_note{"update_event", R"(
WITH updated AS ()" ROOMSTORE_UPDATE R"(
), counted AS (
    UPDATE {schema}.rooms
    SET revision = revision + 1,
        remembered = remembered + CASE WHEN EXISTS (
            SELECT FROM {schema}.event_changes c WHERE c.room_id = $1 AND c.index = updated.index)
            THEN 0 ELSE 1 END
    FROM updated WHERE id = $1
    RETURNING revision, remembered
), noted AS (
    INSERT INTO {schema}.event_changes (room_id, index, revision, id, deleted)
    SELECT $1, updated.index, counted.revision, $2, false FROM updated, counted
    ON CONFLICT (room_id, index)
    DO UPDATE SET revision = excluded.revision, id = excluded.id, deleted = excluded.deleted
)
SELECT index, idempotency_key, created_at, remembered FROM updated, counted)"};

#undef ROOMSTORE_UPDATE

std::optional<UpdatedEvent> read_updated(const Result& rows) {
    if (rows.empty()) return std::nullopt;
    const Row row = rows[0];
    return UpdatedEvent{.index = row.int64(0),
                        .idempotency_key = row.optional_text(1),
                        .created_at = row.timestamp(2)};
}

}  // namespace

std::optional<UpdatedEvent> lock_and_update(Session& session,
                                            const RoomEvent& event,
                                            std::int64_t history) {
    std::vector<Request> requests;
    requests.push_back(lock_request({event.room_id}));
    requests.push_back({update_and_note, update_params(event).add(event.token_count)});
    const auto results = session.exec_all(requests);
    if (results[1].empty()) return std::nullopt;
    if (results[0].empty()) throw created_meanwhile(event.room_id);
    forget_changes(session, event.room_id, results[1][0].int64(3), history);
    return read_updated(results[1]);
}

std::vector<std::optional<UpdatedEvent>> update_events(Session& session,
                                                       const std::vector<const RoomEvent*>& events,
                                                       std::int64_t history) {
    std::vector<Request> requests;
    requests.reserve(events.size());
    for (const RoomEvent* event : events) {
        session.require_usable();
        requests.push_back({update, update_params(*event).add(event->token_count)});
    }
    const auto results = session.exec_all(requests);
    std::vector<std::optional<UpdatedEvent>> updated;
    updated.reserve(events.size());
    ChangedEvents changed;
    for (std::size_t i = 0; i < events.size(); ++i) {
        auto found = read_updated(results[i]);
        if (found) changed.add(events[i]->room_id, found->index, events[i]->id);
        updated.push_back(std::move(found));
    }
    note_changes(session, changed, history);
    return updated;
}

std::vector<Statement> update_statements() { return {update, update_and_note}; }

}  // namespace roomstore::postgres::sql
