#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>

#include "sql/events/columns.hpp"
#include "sql/events/events.hpp"
#include "sql/lists.hpp"
#include "sql/mapping.hpp"

namespace roomstore::postgres::sql {

namespace {

// The conditions of a filter, each with its bit. The value, if there is one, follows the text as a
// parameter.
enum Condition : unsigned {
    of_types,
    not_of_types,
    with_visibility,
    from_channel,
    from_channel_type,
    correlated,
    by_participant,
    replies_to,
    top_level,
    after,
    before,
    condition_count
};

struct ConditionText {
    const char* text;
    const char* after_value = "";
};

constexpr std::array<ConditionText, condition_count> conditions{{
    {"type = ANY ($", "::text[])"},
    {"type <> ALL ($", "::text[])"},
    {"visibility = $"},
    {"source_channel_id = $"},
    {"source_channel_type = $"},
    {"correlation_id = $"},
    {"participant_id = $"},
    {"parent_event_id = $"},
    {"parent_event_id IS NULL", nullptr},
    {"created_at > $"},
    {"created_at < $"},
}};

/// What determines the text of a list statement.
struct Shape {
    bool descending = false;
    /// The page ends within the first `near_limit` events that match.
    bool near = false;
    /// One bit per condition.
    unsigned conditions = 0;
};

// PostgreSQL plans `LIMIT $3` for a tenth of all rows: too many for one plan to suit small and
// large rooms. The literal tells the planner that the page is short.
constexpr std::int64_t near_limit = 100;

// The position in ROOMSTORE_EVENT_COLUMNS.
constexpr int index_column = 1;

struct ListStatement {
    std::string name;
    std::string text;
};

ListStatement make_list(const Shape& shape) {
    ListStatement list;
    // The conditions by number: with their names, the statement name could exceed the 63 bytes
    // that the server keeps.
    list.name = fmt::format("list_events.{}{}.{}",
                            shape.descending ? "newest" : "oldest",
                            shape.near ? ".near" : "",
                            shape.conditions);
    const char* order = shape.descending ? "ORDER BY index DESC" : "ORDER BY index";
    std::string where = shape.descending ? "index < $2" : "index > $2";
    int parameter = 4;
    for (unsigned i = 0; i < condition_count; ++i) {
        if ((shape.conditions & (1U << i)) == 0) continue;
        const auto& condition = conditions[i];
        where += fmt::format("\n  AND {}", condition.text);
        if (condition.after_value) where += fmt::format("{}{}", ++parameter, condition.after_value);
    }
    list.text = fmt::format("\nSELECT " ROOMSTORE_EVENT_COLUMNS
                            " FROM {{schema}}.events\n"
                            "WHERE room_id = $1 AND {}\n{}",
                            where,
                            order);
    if (shape.near) {
        list.text =
            fmt::format("\nSELECT " ROOMSTORE_EVENT_COLUMNS " FROM ({} LIMIT {}) AS near\n{}",
                        list.text,
                        near_limit,
                        order);
    }
    list.text += " LIMIT $3 OFFSET $4";
    return list;
}

// Above the last gap the indexes are contiguous: there the first index of the page is calculated,
// and only the events below the gap are skipped one by one.
constexpr Statement oldest_from_offset{"list_events.oldest.offset", R"(
WITH place AS (
    SELECT CASE WHEN $2::bigint >= live_count THEN NULL
                WHEN $2::bigint >= sparse THEN last_gap + 1 + $2::bigint - sparse
                ELSE 0 END AS first_index,
           CASE WHEN $2::bigint >= sparse THEN 0 ELSE $2::bigint END AS skipped
    FROM (SELECT live_count, last_gap, live_count - (latest_index - last_gap) AS sparse
          FROM {schema}.rooms WHERE id = $1 AND event_count > 0) AS room
)
SELECT )" ROOMSTORE_EVENT_COLUMNS R"( FROM {schema}.events
WHERE room_id = $1 AND index >= (SELECT first_index FROM place)
ORDER BY index OFFSET (SELECT skipped FROM place) LIMIT $3)"};

constexpr Statement newest_from_offset{"list_events.newest.offset", R"(
WITH place AS (
    SELECT CASE WHEN $2::bigint <= dense THEN latest_index - $2::bigint ELSE last_gap END
               AS last_index,
           CASE WHEN $2::bigint <= dense THEN 0 ELSE $2::bigint - dense END AS skipped
    FROM (SELECT latest_index, last_gap, latest_index - last_gap AS dense
          FROM {schema}.rooms WHERE id = $1 AND event_count > 0) AS room
)
SELECT )" ROOMSTORE_EVENT_COLUMNS R"( FROM {schema}.events
WHERE room_id = $1 AND index <= (SELECT last_index FROM place)
ORDER BY index DESC OFFSET (SELECT skipped FROM place) LIMIT $3)"};

/// Adds the parameters of the conditions that are present, in the order of their bits.
unsigned add_conditions(const EventFilter& filter, Params& params) {
    unsigned bits = 0;
    const auto add = [&](Condition condition, const auto& value) {
        if (!value) return;
        bits |= 1U << condition;
        params.add(*value);
    };
    const auto add_types = [&](Condition condition, const auto& types) {
        if (!types) return;
        bits |= 1U << condition;
        std::vector<std::string> names;
        for (const EventType& type : *types) names.push_back(type.name());
        params.add_array(names);
    };
    std::optional<std::string> channel_type;
    if (filter.source_channel_type) channel_type = filter.source_channel_type->name();
    add_types(of_types, filter.event_types);
    add_types(not_of_types, filter.exclude_types);
    add(with_visibility, filter.visibility);
    add(from_channel, filter.source_channel_id);
    add(from_channel_type, channel_type);
    add(correlated, filter.correlation_id);
    add(by_participant, filter.participant_id);
    add(replies_to, filter.parent_event_id);
    if (filter.top_level_only) bits |= 1U << top_level;
    add(after, filter.after_time);
    add(before, filter.before_time);
    return bits;
}

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
        const auto list = make_list(shape);
        return session.exec(Statement{list.name, list.text}, params);
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
    static const std::vector<ListStatement> lists = [] {
        constexpr unsigned all = (1U << condition_count) - 1;
        std::vector<ListStatement> made;
        for (const bool descending : {false, true}) {
            for (const bool near : {false, true}) {
                made.push_back(make_list({descending, near, 0}));
                made.push_back(make_list({descending, near, all}));
                for (unsigned i = 0; i < condition_count; ++i) {
                    made.push_back(make_list({descending, near, 1U << i}));
                }
            }
        }
        return made;
    }();
    std::vector<Statement> statements{oldest_from_offset, newest_from_offset};
    for (const auto& list : lists) statements.push_back({list.name, list.text});
    return statements;
}

}  // namespace roomstore::postgres::sql
