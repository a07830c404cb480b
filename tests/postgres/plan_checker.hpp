#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "postgres/fresh_schema.hpp"
#include "roomstore/model/json_value.hpp"
#include "sql/statement.hpp"

namespace roomstore::test {

/// Every statement of the library, in the schema's tables.
std::vector<postgres::Statement> all_statements();

/// Reads the server's plans for what grows with the tables instead of with the answer.
class PlanChecker {
public:
    explicit PlanChecker(FreshSchema& schema) : schema_(schema) {}

    /// What is wrong with the plan that the server keeps for the prepared statement, and with the
    /// one it makes for the room `room_id`: one line for each
    ///
    /// - sequential scan of a table;
    /// - scan of a whole index, unless a LIMIT above it ends it;
    /// - sort of more rows than a busy room may hold of anything but events.
    std::vector<std::string> problems(const postgres::Statement& statement,
                                      const std::string& room_id);

    /// How many rows the server reads to run the statement, which changes nothing, with the plan
    /// that it keeps for it. `arguments` is SQL: `('big', 20)`.
    double rows_read(const postgres::Statement& statement, const std::string& arguments);

private:
    Json explain(const postgres::Statement& statement, const std::string& room_id, bool generic);

    FreshSchema& schema_;
};

}  // namespace roomstore::test
