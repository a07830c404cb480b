#include <algorithm>
#include <limits>
#include <string_view>

#include <fmt/format.h>

#include "sql/columns.hpp"
#include "sql/events/columns.hpp"
#include "sql/events/events.hpp"
#include "sql/events/filter.hpp"
#include "sql/lists.hpp"
#include "sql/mapping.hpp"

namespace roomstore::postgres::sql {

namespace {

/// What determines the text of a list statement.
struct Shape {
    bool descending = false;
    /// The page ends within the first `near_limit` events that match.
    bool near = false;
    Conditions conditions = 0;
};

// PostgreSQL plans `LIMIT $3` for a tenth of all rows: too many for one plan to suit small and
// large rooms. The literal tells the planner that the page is short.
constexpr std::int64_t near_limit = 100;

// The position in ROOMSTORE_EVENT_COLUMNS.
constexpr int index_column = 1;

OwnedStatement make_list(const Shape& shape) {
    OwnedStatement list;
    // The conditions by number: with their names, the statement name could exceed the 63 bytes
    // that the server keeps.
    list.name = fmt::format("list_events.{}{}.{}",
                            shape.descending ? "newest" : "oldest",
                            shape.near ? ".near" : "",
                            shape.conditions);
    const char* order = shape.descending ? "ORDER BY index DESC" : "ORDER BY index";
    // One bound on the index: for two, the planner expects so few events that it would read and
    // sort all of a room that is not large. In descending order hidden events come last, so that
    // they can be left out of the page.
    const char* cursor = shape.descending
                             ? "index < $2"
                             : "index > (SELECT greatest($2::bigint, first_index - 1)\n"
                               "               FROM {schema}.rooms WHERE id = $1)";
    const char* visible = shape.descending ? "\nWHERE " ROOMSTORE_EVENT_IS_VISIBLE : "";
    list.text = fmt::format("\nSELECT " ROOMSTORE_EVENT_COLUMNS
                            " FROM {{schema}}.events\n"
                            "WHERE room_id = $1 AND {}{}{}\n{}",
                            cursor,
                            conditions_text(shape.conditions, 5),
                            time_bounds_text(shape.conditions, 5),
                            order);
    const auto within = [&](std::string_view bounds) {
        list.text = fmt::format("\nSELECT " ROOMSTORE_EVENT_COLUMNS " FROM ({} {}) AS near{}\n{}",
                                list.text,
                                bounds,
                                visible,
                                order);
    };
    constexpr std::string_view page = "LIMIT $3 OFFSET $4";
    if (shape.near) {
        within(fmt::format("LIMIT {}", near_limit));
        list.text += fmt::format(" {}", page);
    } else if (shape.descending) {
        within(page);
    } else {
        list.text += fmt::format(" {}", page);
    }
    return list;
}

// Above the last gap the indexes are contiguous: there the first index of the page is calculated,
// and only the events below the gap are skipped one by one.
constexpr Statement oldest_from_offset{"list_events.oldest.offset", R"(
WITH place AS (
    SELECT CASE WHEN $2::bigint >= live_count THEN NULL
                WHEN $2::bigint >= sparse THEN last_gap + 1 + $2::bigint - sparse
                ELSE first_index END AS first_index,
           CASE WHEN $2::bigint >= sparse THEN 0 ELSE $2::bigint END AS skipped
    FROM (SELECT live_count, last_gap, first_index,
                 live_count - (latest_index - last_gap) AS sparse
          FROM {schema}.rooms WHERE id = $1 AND event_count > 0) AS room
)
SELECT )" ROOMSTORE_EVENT_COLUMNS R"( FROM {schema}.events
WHERE room_id = $1 AND index >= (SELECT first_index FROM place)
ORDER BY index OFFSET (SELECT skipped FROM place) LIMIT $3)"};

constexpr Statement newest_from_offset{"list_events.newest.offset", R"(
WITH place AS (
    SELECT CASE WHEN $2::bigint <= dense THEN latest_index - $2::bigint ELSE last_gap END
               AS last_index,
           CASE WHEN $2::bigint <= dense THEN 0 ELSE $2::bigint - dense END AS skipped,
           first_index
    FROM (SELECT latest_index, last_gap, first_index, latest_index - last_gap AS dense
          FROM {schema}.rooms WHERE id = $1 AND event_count > 0) AS room
)
SELECT )" ROOMSTORE_EVENT_COLUMNS R"( FROM {schema}.events
WHERE room_id = $1 AND index <= (SELECT last_index FROM place)
  AND index >= (SELECT first_index FROM place)
ORDER BY index DESC OFFSET (SELECT skipped FROM place) LIMIT $3)"};

/// The events of a room, in ascending or descending order of their indexes.
struct Timeline {
    Session& session;
    const std::string& room_id;
    const EventFilter& filter;
    bool descending;
    /// Only the events after this index, in that order.
    std::int64_t cursor;

    Result page(std::int64_t offset, std::int64_t limit) const {
        Shape shape{.descending = descending};
        shape.near = offset <= near_limit && limit <= near_limit - offset;
        Params params;
        params.add(room_id).add(cursor).add(limit).add(offset);
        shape.conditions = add_conditions(filter, params);
        if (offset > 0 && shape.conditions == 0) {
            return session.exec(descending ? newest_from_offset : oldest_from_offset,
                                Params().add(room_id).add(offset).add(limit));
        }
        return session.exec(make_list(shape), params);
    }

    Result next(std::int64_t limit) {
        auto found = page(0, limit);
        if (!found.empty()) cursor = found[found.size() - 1].int64(index_column);
        return found;
    }
};

}  // namespace

std::vector<RoomEvent> list_events(Session& session,
                                   UnreadableRows& unreadable,
                                   const std::string& room_id,
                                   const EventQuery& query) {
    const bool has_cursor = query.after_index || query.before_index;
    const bool descending = query.before_index || (query.newest_first && !query.after_index);
    const auto first = descending
                           ? query.before_index.value_or(std::numeric_limits<std::int64_t>::max())
                           : query.after_index.value_or(-1);
    Timeline timeline{session, room_id, query.filter, descending, first};
    auto events = read_page(
        has_cursor ? 0 : query.offset,
        query.limit,
        LeftOut(unreadable, Table::events, room_id),
        [&](std::int64_t offset) { return timeline.page(offset, query.limit); },
        [&](std::int64_t count) { return timeline.next(count); },
        [](const Row& row) { return read_event(row); });
    if (descending) std::reverse(events.begin(), events.end());
    return events;
}

std::vector<Statement> event_list_statements() {
    static const std::vector<OwnedStatement> lists = [] {
        std::vector<OwnedStatement> made;
        for (const bool descending : {false, true}) {
            for (const bool near : {false, true}) {
                for (const auto conditions : sample_conditions()) {
                    made.push_back(make_list({descending, near, conditions}));
                }
            }
        }
        return made;
    }();
    std::vector<Statement> statements{oldest_from_offset, newest_from_offset};
    statements.insert(statements.end(), lists.begin(), lists.end());
    return statements;
}

}  // namespace roomstore::postgres::sql
