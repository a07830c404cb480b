#pragma once

#include <string>
#include <vector>

#include "contract/fixture.hpp"
#include "support/fields.hpp"

namespace roomstore::contract {

/// A text argument of an operation.
struct TextArgument {
    /// The name that errors use for it.
    std::string path;
    TextKind kind;
    /// Calls the operation with `text` for this argument; all other arguments are valid.
    asio::awaitable<void> (*call)(ConversationStore& store, std::string text);
};

/// A call of an operation of `ConversationStore`, for rules that apply to all operations.
struct Operation {
    std::string name;
    /// Succeeds on a populated store (`populated_store.hpp`), and changes data if the operation is
    /// a write.
    asio::awaitable<void> (*call)(ConversationStore& store);
    std::vector<TextArgument> text_arguments;
};

/// Every operation except `init` and `close`.
std::vector<Operation> operations();

/// The names in the library's list of operations, each overload once.
std::vector<std::string> listed_operations();

}  // namespace roomstore::contract
