#include "postgres/plan_checker.hpp"

#include <algorithm>
#include <array>

#include "sql/bindings.hpp"
#include "sql/changes.hpp"
#include "sql/events/append.hpp"
#include "sql/events/append_steps.hpp"
#include "sql/events/events.hpp"
#include "sql/events/update.hpp"
#include "sql/identities.hpp"
#include "sql/inbox.hpp"
#include "sql/observations.hpp"
#include "sql/participants.hpp"
#include "sql/read_markers.hpp"
#include "sql/removals.hpp"
#include "sql/rooms.hpp"
#include "sql/tasks.hpp"
#include "sql/watches.hpp"

namespace roomstore::test {

namespace {

namespace sql = postgres::sql;

constexpr double most_sorted_rows = 5000;

// Our own sessions avoid sequential scans, those behind a pooler do not.
constexpr std::array<const char*, 2> seq_scan_settings{"on", "off"};

/// A value for a parameter; a generic plan does not depend on it.
std::string sample(const std::string& type, const std::string& room_id) {
    if (type == "text") return "'" + room_id + "'";
    if (type == "text[]") return "ARRAY['" + room_id + "', 'room-1', 'room-2']";
    if (type == "bigint") return "20";
    if (type == "bigint[]") return "ARRAY[0, 1, 2]::bigint[]";
    if (type == "boolean") return "true";
    if (type == "double precision") return "0.5";
    if (type == "timestamp with time zone") return "'2026-01-05'";
    if (type == "timestamp with time zone[]") {
        return "ARRAY['2026-01-05', '2026-01-05', '2026-01-05']::timestamptz[]";
    }
    if (type == "json" || type == "jsonb") return R"('{"kind":"rare"}')";
    if (type == "json[]") return R"(ARRAY['{}', '{}', '{}']::json[])";
    throw std::logic_error("no sample of the type " + type);
}

bool limits_below(const Json& node) { return node.at("Node Type") == "Limit"; }

/// Whether the node reads all rows before it returns the first, so that a LIMIT above it does not
/// end its inputs early.
bool wants_all(const Json& node) {
    const std::string type = node.at("Node Type");
    return type == "Sort" || type == "Aggregate" || type == "Hash" || type == "ModifyTable" ||
           type == "Materialize" || type == "WindowAgg";
}

/// Whether the condition of an index scan, such as `((room_id = $1) AND (index > $2))`, restricts
/// the column.
bool restricts(const std::string& condition, const std::string& column) {
    return condition.find('(' + column + ' ') != std::string::npos;
}

void collect(const Json& node,
             bool limited,
             const std::set<std::string>& tables,
             const std::map<std::string, std::string>& first_columns,
             std::vector<std::string>& problems) {
    const std::string type = node.at("Node Type");
    if (type == "Seq Scan") {
        const auto table = node.at("Relation Name").get<std::string>();
        // The server's own catalogs do not grow with our tables.
        if (tables.contains(table)) problems.push_back("sequential scan of " + table);
    }
    const bool index_scan =
        type == "Index Scan" || type == "Index Only Scan" || type == "Bitmap Index Scan";
    const auto index = node.value("Index Name", "");
    if (index_scan && first_columns.contains(index)) {
        const auto condition = node.value("Index Cond", "");
        // A LIMIT does not end a scan early that looks for rows which meet a condition.
        const bool ends_early = limited && condition.empty();
        if (!ends_early && !restricts(condition, first_columns.at(index))) {
            problems.push_back("scan of all of " + index);
        }
    }
    if (type == "Sort" && node.at("Plan Rows").get<double>() > most_sorted_rows) {
        problems.push_back("sort of " + node.at("Plan Rows").dump() + " rows");
    }
    const bool below = !wants_all(node) && (limited || limits_below(node));
    for (const auto& child : node.value("Plans", Json::array())) {
        collect(child, below, tables, first_columns, problems);
    }
}

double rows_read_by(const Json& node) {
    double rows = 0;
    if (node.contains("Relation Name")) {
        rows = (node.at("Actual Rows").get<double>() + node.value("Rows Removed by Filter", 0.0) +
                node.value("Rows Removed by Index Recheck", 0.0)) *
               node.at("Actual Loops").get<double>();
    }
    for (const auto& child : node.value("Plans", Json::array())) rows += rows_read_by(child);
    return rows;
}

template <typename... Lists>
std::vector<postgres::Statement> joined(const Lists&... lists) {
    std::vector<postgres::Statement> all;
    (all.insert(all.end(), lists.begin(), lists.end()), ...);
    return all;
}

}  // namespace

std::vector<postgres::Statement> all_statements() {
    return joined(sql::room_statements(),
                  sql::append_statements(),
                  sql::add_event_statements(),
                  sql::update_statements(),
                  sql::change_statements(),
                  sql::event_statements(),
                  sql::event_list_statements(),
                  sql::context_window_statements(),
                  sql::binding_statements(),
                  sql::participant_statements(),
                  sql::identity_statements(),
                  sql::inbox_statements(),
                  sql::task_statements(),
                  sql::observation_statements(),
                  sql::read_marker_statements(),
                  sql::removal_statements(),
                  sql::watch_statements());
}

PlanChecker::PlanChecker(FreshSchema& schema) : schema_(schema) {
    for (const auto& row :
         schema_.query("SELECT c.relname, a.attname FROM pg_index i "
                       "JOIN pg_class c ON c.oid = i.indexrelid "
                       "JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] "
                       "WHERE c.relnamespace = '{schema}'::regnamespace")) {
        first_columns_[*row.at(0)] = *row.at(1);
    }
    // Also those whose only index a test has dropped.
    for (const auto& row :
         schema_.query("SELECT relname FROM pg_class "
                       "WHERE relnamespace = '{schema}'::regnamespace AND relkind IN ('r', 'p')")) {
        tables_.insert(*row.at(0));
    }
}

std::vector<Json> PlanChecker::explain(const postgres::Statement& statement,
                                       const std::string& room_id,
                                       bool generic) {
    schema_.query("PREPARE checked AS " + std::string(statement.text));
    std::string arguments;
    for (const auto& row : schema_.query("SELECT unnest(parameter_types)::text FROM "
                                         "pg_prepared_statements WHERE name = 'checked'")) {
        arguments += (arguments.empty() ? "(" : ", ") + sample(*row.at(0), room_id);
    }
    if (!arguments.empty()) arguments += ')';
    schema_.query(std::string("SET plan_cache_mode = ") +
                  (generic ? "force_generic_plan" : "force_custom_plan"));
    std::vector<Json> plans;
    for (const char* seq_scans : seq_scan_settings) {
        schema_.query(std::string("DISCARD PLANS; SET enable_seqscan = ") + seq_scans);
        const auto plan = schema_.value("EXPLAIN (FORMAT JSON) EXECUTE checked" + arguments);
        plans.push_back(Json::parse(plan).at(0).at("Plan"));
    }
    schema_.query("DEALLOCATE checked");
    return plans;
}

double PlanChecker::rows_read(const postgres::Statement& statement, const std::string& arguments) {
    schema_.query("PREPARE checked AS " + std::string(statement.text));
    schema_.query(std::string("SET plan_cache_mode = ") +
                  (statement.custom_plan ? "force_custom_plan" : "force_generic_plan"));
    double most = 0;
    for (const char* seq_scans : seq_scan_settings) {
        schema_.query(std::string("DISCARD PLANS; SET enable_seqscan = ") + seq_scans);
        const auto plan =
            schema_.value("EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) EXECUTE checked" + arguments);
        most = std::max(most, rows_read_by(Json::parse(plan).at(0).at("Plan")));
    }
    schema_.query("DEALLOCATE checked");
    return most;
}

std::vector<std::string> PlanChecker::problems(const postgres::Statement& statement,
                                               const std::string& room_id) {
    std::vector<std::string> lines;
    for (const bool generic : {true, false}) {
        if (generic && statement.custom_plan) continue;
        std::vector<std::string> found;
        for (const auto& plan : explain(statement, room_id, generic)) {
            collect(plan, false, tables_, first_columns_, found);
        }
        for (const auto& problem : found) {
            lines.push_back(std::string(statement.name) +
                            (generic ? ", prepared: " : ", planned: ") + problem);
        }
    }
    return lines;
}

}  // namespace roomstore::test
