#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>

#include <fmt/format.h>

#include "sql/columns.hpp"
#include "sql/events/columns.hpp"
#include "sql/events/events.hpp"
#include "sql/events/filter.hpp"
#include "sql/lists.hpp"
#include "sql/mapping.hpp"

namespace roomstore::postgres::sql {

namespace {

// The parameters after the room: the most events, the most tokens (null: any number), the tokens of
// an event without a count, and an index above all others. As a literal, it would tell the planner
// that it excludes nothing, and all events of a small room would be read and sorted.
constexpr int first_condition = 6;

// Goes down the room page by page, until an event does not fit: `fits` is then false, and the pages
// end. Each row has the number of events and of tokens down to there. Only the last row of a full
// page leads to the next one.
//
// The sum of tokens is numeric, which does not overflow. One bound on the index, and the hidden
// events left out of the page: see list_events.
OwnedStatement make_window(Conditions conditions) {
    const auto page =
        [&](std::string_view before, std::string_view events, std::string_view tokens) {
            return fmt::format(
                R"(SELECT {columns}, tokens, number, fits, fits AND place = 100 AS goes_on
    FROM (
        SELECT *, number <= $2 AND ($3::bigint IS NULL OR tokens <= $3) AS fits
        FROM (
            SELECT *, {events} + place AS number,
                   {tokens} + sum(coalesce(token_count, $4::bigint)) OVER newest AS tokens
            FROM (
                SELECT *, row_number() OVER (ORDER BY index DESC) AS place
                FROM (
                    SELECT {columns} FROM {{schema}}.events
                    WHERE room_id = $1 AND index < {before}{conditions}
                    ORDER BY index DESC LIMIT 100
                ) AS page
                WHERE {visible}
            ) AS placed
            WINDOW newest AS (ORDER BY index DESC ROWS UNBOUNDED PRECEDING)
        ) AS summed
    ) AS judged)",
                fmt::arg("columns", ROOMSTORE_EVENT_COLUMNS),
                fmt::arg("events", events),
                fmt::arg("tokens", tokens),
                fmt::arg("before", before),
                fmt::arg("conditions",
                         conditions_text(conditions, first_condition) +
                             time_bounds_text(conditions, first_condition)),
                fmt::arg("visible", ROOMSTORE_EVENT_IS_VISIBLE));
        };
    return {fmt::format("get_context_window.{}", conditions),
            fmt::format(R"(
WITH RECURSIVE found AS (
    ({})
    UNION ALL
    SELECT page.* FROM found CROSS JOIN LATERAL (
    {}
    ) AS page
    WHERE found.goes_on
)
SELECT {}, fits FROM found WHERE fits OR index = (SELECT max(index) FROM found WHERE NOT fits))",
                        page("$5::bigint", "0::bigint", "0::numeric"),
                        page("found.index", "found.number", "found.tokens"),
                        ROOMSTORE_EVENT_COLUMNS)};
}

}  // namespace

ContextWindow get_context_window(Session& session,
                                 UnreadableRows& unreadable,
                                 const std::string& room_id,
                                 const ContextQuery& query) {
    constexpr int index_column = 1;
    Params params;
    params.add(room_id).add(query.max_events).add(query.max_tokens).add(query.default_tokens);
    params.add(std::numeric_limits<std::int64_t>::max());
    const auto conditions = add_conditions(query.filter, params);
    const auto rows = session.exec(make_window(conditions), params);
    ContextWindow window;
    LeftOut left_out(unreadable, Table::events, room_id);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const Row row = rows[i];
        if (!row.boolean(event_column_count)) {
            window.omitted_before = row.int64(index_column) + 1;
            continue;
        }
        try {
            window.events.push_back(read_event(row));
        } catch (const ColumnError& error) {
            left_out.add(error);
        }
    }
    left_out.report();
    // Not by the server, which cannot know how few they are.
    std::ranges::sort(window.events, {}, &RoomEvent::index);
    return window;
}

std::vector<Statement> context_window_statements() {
    static const std::vector<OwnedStatement> windows = [] {
        std::vector<OwnedStatement> made;
        for (const auto conditions : sample_conditions()) made.push_back(make_window(conditions));
        return made;
    }();
    return {windows.begin(), windows.end()};
}

}  // namespace roomstore::postgres::sql
