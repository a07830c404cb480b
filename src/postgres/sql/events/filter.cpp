#include "sql/events/filter.hpp"

#include <array>
#include <cstdint>
#include <limits>
#include <optional>

#include <fmt/format.h>

namespace roomstore::postgres::sql {

namespace {

// The names of statements hold the numbers of these conditions, and the tests know some of them.
enum Condition : unsigned {
    of_types,
    not_of_types,
    in_statuses,
    not_in_statuses,
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

/// The value, if the condition has one, stands between the two texts as a parameter.
struct ConditionText {
    const char* text;
    const char* after_value = "";
};

constexpr std::array<ConditionText, condition_count> texts{{
    {"type = ANY ($", "::text[])"},
    {"type <> ALL ($", "::text[])"},
    {"status = ANY ($", "::text[])"},
    {"status <> ALL ($", "::text[])"},
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

// Bisects the room for the index from which on events are later than `edge`, and gives the last
// index found. Of the events whose time differs from that of an event by the room's disorder or
// more, all lie on the same side of it. An index without an event gives way to the next that has
// one. Null where the disorder is not known.
//
// As a subquery it runs once, before the search that it bounds. OFFSET 0 keeps the lookup in it
// from being repeated for each use of its result.
constexpr const char* bisection = R"(
    WITH RECURSIVE bisected (edge, first, past) AS (
        SELECT {}, first_index, latest_index + 1 FROM {{schema}}.rooms
        WHERE id = $1 AND timed_events = event_count
        UNION ALL
        SELECT edge, coalesce(above, first), CASE WHEN above IS NULL THEN middle ELSE past END
        FROM (SELECT *, (SELECT CASE WHEN created_at <= edge THEN index + 1 END
                         FROM {{schema}}.events
                         WHERE room_id = $1 AND index >= middle AND index < past
                         ORDER BY index LIMIT 1) AS above
              FROM (SELECT *, first + (past - first) / 2 AS middle
                    FROM bisected WHERE first < past) AS half
              OFFSET 0) AS tried
    )
    SELECT max(first) FROM bisected)";

// The edges are computed as times without a time zone: with one, a day is as long as it is in the
// time zone of the session, which a pooler may set, on that date.
//
// No event is as early as the last day before year 1, but to subtract more could leave the range of
// the type.
std::string bound_after(int parameter) {
    const auto edge = fmt::format(
        "(SELECT (t - least(time_disorder, t - timestamp '0001-12-31 00:00:00 BC')) "
        "AT TIME ZONE 'UTC' FROM (SELECT ${}::timestamptz AT TIME ZONE 'UTC') AS given (t))",
        parameter);
    return fmt::format("\n  AND index >= coalesce(({}), 0)", fmt::format(bisection, edge));
}

std::string bound_before(int parameter) {
    const auto edge = fmt::format(
        "((${}::timestamptz AT TIME ZONE 'UTC') + time_disorder - interval '1 microsecond') "
        "AT TIME ZONE 'UTC'",
        parameter);
    return fmt::format("\n  AND index < coalesce(({}), {})",
                       fmt::format(bisection, edge),
                       std::numeric_limits<std::int64_t>::max());
}

const std::string& name_of(const EventType& type) { return type.name(); }
std::string name_of(EventStatus status) { return std::string(to_string(status)); }

}  // namespace

// Adds the values in the order of `Condition`, in which `conditions_text` numbers them.
Conditions add_conditions(const EventFilter& filter, Params& params) {
    Conditions conditions = 0;
    const auto add = [&](Condition condition, const auto& value) {
        if (!value) return;
        conditions |= 1U << condition;
        params.add(*value);
    };
    const auto add_names = [&](Condition condition, const auto& values) {
        if (!values) return;
        conditions |= 1U << condition;
        std::vector<std::string> names;
        for (const auto& value : *values) names.push_back(name_of(value));
        params.add_array(names);
    };
    std::optional<std::string> channel_type;
    if (filter.source_channel_type) channel_type = filter.source_channel_type->name();
    add_names(of_types, filter.event_types);
    add_names(not_of_types, filter.exclude_types);
    add_names(in_statuses, filter.statuses);
    add_names(not_in_statuses, filter.exclude_statuses);
    add(with_visibility, filter.visibility);
    add(from_channel, filter.source_channel_id);
    add(from_channel_type, channel_type);
    add(correlated, filter.correlation_id);
    add(by_participant, filter.participant_id);
    add(replies_to, filter.parent_event_id);
    if (filter.top_level_only) conditions |= 1U << top_level;
    add(after, filter.after_time);
    add(before, filter.before_time);
    return conditions;
}

namespace {

template <typename Value>
void add_all_names(Params& params, const std::optional<std::vector<Value>>& values) {
    if (!values) {
        params.add_null();
        return;
    }
    std::vector<std::string> names;
    for (const auto& value : *values) names.push_back(name_of(value));
    params.add_array(names);
}

}  // namespace

void add_names(Params& params, const std::optional<std::vector<EventType>>& types) {
    add_all_names(params, types);
}

void add_names(Params& params, const std::optional<std::vector<EventStatus>>& statuses) {
    add_all_names(params, statuses);
}

std::string conditions_text(Conditions conditions, int first_parameter) {
    std::string text;
    for (unsigned i = 0; i < condition_count; ++i) {
        if ((conditions & (1U << i)) == 0) continue;
        text += fmt::format("\n  AND {}", texts[i].text);
        if (texts[i].after_value)
            text += fmt::format("{}{}", first_parameter++, texts[i].after_value);
    }
    return text;
}

std::string time_bounds_text(Conditions conditions, int first_parameter) {
    std::string text;
    int parameter = first_parameter;
    for (unsigned i = 0; i < condition_count; ++i) {
        if ((conditions & (1U << i)) == 0) continue;
        if (i == after) text += bound_after(parameter);
        if (i == before) text += bound_before(parameter);
        if (texts[i].after_value) ++parameter;
    }
    return text;
}

std::vector<Conditions> sample_conditions() {
    std::vector<Conditions> samples{
        0, (1U << condition_count) - 1, 1U << after | 1U << before, 1U << correlated | 1U << after};
    for (unsigned i = 0; i < condition_count; ++i) samples.push_back(1U << i);
    return samples;
}

}  // namespace roomstore::postgres::sql
