#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sql/statement.hpp"

namespace roomstore::postgres {

/// Variants of a statement that differ in the conditions that are present. Each has its own text,
/// so that it gets the plan, and the index, that it needs; `$4 IS NULL OR column = $4` would
/// prevent that.
class StatementFamily {
public:
    /// Adds a member; its position is the number of members added before.
    void add(std::string name, std::string text, bool custom_plan = false) {
        members_.push_back({std::move(name), std::move(text), custom_plan});
    }

    Statement operator[](std::size_t position) const { return members_.at(position); }

    void append_to(std::vector<Statement>& statements) const {
        statements.insert(statements.end(), members_.begin(), members_.end());
    }

private:
    std::vector<OwnedStatement> members_;
};

}  // namespace roomstore::postgres
