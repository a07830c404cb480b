#pragma once

#include <string>
#include <string_view>

namespace roomstore::postgres {

/// One SQL statement of the library.
///
/// The name is the prepared statement's name, the key in logs and the label in metrics, so it is
/// unique. In the text, `{schema}` stands for the quoted schema name of the store; values are
/// always parameters. The views refer to text that lives as long as the program, or to an
/// `OwnedStatement`.
struct Statement {
    std::string_view name;
    std::string_view text;
    /// Never prepared: the best plan depends on the values, so one plan kept for all of them would
    /// be bad for some.
    bool custom_plan = false;
};

/// A statement whose text is put together, and its storage.
struct OwnedStatement {
    std::string name;
    std::string text;
    bool custom_plan = false;

    /// Valid as long as this object.
    operator Statement() const { return {.name = name, .text = text, .custom_plan = custom_plan}; }
};

}  // namespace roomstore::postgres
