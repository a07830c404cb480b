#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "postgres/fresh_schema.hpp"
#include "roomstore/model/json_value.hpp"
#include "sql/statement.hpp"

namespace roomstore::test {

/// Every statement of the library on the tables of the schema.
std::vector<postgres::Statement> all_statements();

/// Checks query plans for costs that grow with the size of the tables instead of the result.
class PlanChecker {
public:
    explicit PlanChecker(FreshSchema& schema);

    /// Problems of the generic plan of the prepared statement, and of the custom plan for the room
    /// `room_id`, each with and without `enable_seqscan`. One line for each
    ///
    /// - sequential scan of a table of the schema;
    /// - scan of a whole index, which is one without a condition on its first column, unless there
    ///   is no condition and a LIMIT above it ends it early;
    /// - sort of more than 5000 rows; only events are that numerous in a busy room.
    std::vector<std::string> problems(const postgres::Statement& statement,
                                      const std::string& room_id);

    /// Number of rows that the server reads to run the statement, which must be read-only, with the
    /// kinds of plan that the library uses for it: the highest. `arguments` is SQL: `('big', 20)`.
    double rows_read(const postgres::Statement& statement, const std::string& arguments);

private:
    std::vector<Json> explain(const postgres::Statement& statement,
                              const std::string& room_id,
                              bool generic);

    FreshSchema& schema_;
    std::set<std::string> tables_;
    /// By index.
    std::map<std::string, std::string> first_columns_;
};

}  // namespace roomstore::test
