#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <asio/awaitable.hpp>

#include "roomstore/conversation_store.hpp"

namespace roomstore::differential {

/// One call with its arguments fixed, to be made on any store, any number of times.
struct Operation {
    /// The call as C++, for a test.
    std::string code;
    /// Makes the call. What it returned or threw, as JSON that compares equal where the contract
    /// demands sameness: times that a store takes from its clock are masked.
    std::function<asio::awaitable<Json>(ConversationStore&)> run;
};

/// A sequence of `length` operations that depends on `seed` alone. Ids come from small sets, so
/// that operations meet; `scope` keeps identities of different sequences apart, since nothing
/// deletes them.
std::vector<Operation> generate_sequence(std::uint64_t seed, int length, const std::string& scope);

/// Everything that can be read from the ids of `generate_sequence`, as one JSON value.
asio::awaitable<Json> dump(ConversationStore& store, std::string scope);

}  // namespace roomstore::differential
