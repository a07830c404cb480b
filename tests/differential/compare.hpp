#pragma once

#include <optional>
#include <string>
#include <vector>

#include "contract/harness.hpp"
#include "differential/operation.hpp"

namespace roomstore::differential {

/// Where a backend and the reference went apart.
struct Mismatch {
    /// The operations that led there; the last of them differs. It may be one that the comparison
    /// added to the sequence, to read everything or to clean up.
    std::vector<Operation> operations{};
    Json reference{};
    Json backend{};
};

/// Makes each operation of `sequence` on a new reference and on `store`, which holds no rooms, and
/// compares the outcomes one by one; now and then, and in the end, everything that can be read. In
/// the end the rooms are deleted, which is compared too.
asio::awaitable<std::optional<Mismatch>> compare(ConversationStore& store, Sequence sequence);

/// As `compare`, on a store of `backend` made for it.
std::optional<Mismatch> compare_anew(contract::Backend& backend, const Sequence& sequence);

/// The shortest part of `sequence` found that still makes the backend differ.
Sequence shrink(contract::Backend& backend, Sequence sequence);

/// An initialised store of `backend` over no data.
std::shared_ptr<ConversationStore> fresh_store(contract::Backend& backend);

}  // namespace roomstore::differential
