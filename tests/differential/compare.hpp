#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "contract/harness.hpp"
#include "differential/operation.hpp"

namespace roomstore::differential {

/// Where a backend and the reference went apart.
struct Mismatch {
    /// Operations made, the differing one included.
    std::size_t operations = 0;
    /// The differing operation, or the dump that followed it.
    std::string what;
    Json reference;
    Json backend;
};

/// Makes each operation of `sequence` on a new reference and on `store`, which holds no rooms, and
/// compares the outcomes one by one; now and then, and in the end, everything that can be read.
asio::awaitable<std::optional<Mismatch>> compare(ConversationStore& store,
                                                 std::vector<Operation> sequence,
                                                 std::string scope);

/// The shortest part of `sequence` found that still makes the backend differ. Stores are made anew
/// for each try.
std::vector<Operation> shrink(contract::Backend& backend,
                              std::vector<Operation> sequence,
                              const std::string& scope);

/// Deletes every room of `store`.
asio::awaitable<void> remove_rooms(ConversationStore& store);

/// An initialised store of `backend` over no data.
std::shared_ptr<ConversationStore> fresh_store(contract::Backend& backend);

}  // namespace roomstore::differential
