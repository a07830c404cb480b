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
