#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sql/statement.hpp"

namespace roomstore::postgres {

/// Statements of one shape that differ by which conditions are present: each has a text of its own,
/// so that each gets the plan, and the index, it needs. `$4 IS NULL OR column = $4` would not.
class StatementFamily {
public:
    /// Adds a member; its position is the number of those added before.
    void add(std::string name, std::string text, bool custom_plan = false) {
        members_.push_back({std::move(name), std::move(text), custom_plan});
    }

    Statement operator[](std::size_t position) const {
        const Member& member = members_.at(position);
        return Statement{member.name, member.text, member.custom_plan};
    }

    void append_to(std::vector<Statement>& statements) const {
        for (std::size_t i = 0; i < members_.size(); ++i) statements.push_back((*this)[i]);
    }

private:
    struct Member {
        std::string name;
        std::string text;
        bool custom_plan;
    };

    std::vector<Member> members_;
};

}  // namespace roomstore::postgres
