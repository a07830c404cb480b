#pragma once

#include <string>
#include <vector>

#include "contract/fixture.hpp"
#include "support/fields.hpp"

namespace roomstore::contract {

/// An argument of an operation that is text.
struct TextArgument {
    /// As an error names it.
    std::string path;
    TextKind kind;
    /// The operation with `text` in the place of this argument; everything else is valid.
    asio::awaitable<void> (*call)(ConversationStore& store, std::string text);
};

/// A call of an operation of `ConversationStore`, for rules that hold for all of them.
struct Operation {
    std::string name;
    /// Succeeds on a populated store (`populated_store.hpp`), and changes something if the
    /// operation can.
    asio::awaitable<void> (*call)(ConversationStore& store);
    std::vector<TextArgument> text_arguments;
};

/// Every operation but `init` and `close`.
std::vector<Operation> operations();

}  // namespace roomstore::contract
