#pragma once

#include <optional>
#include <string>
#include <vector>

#include "contract/harness.hpp"
#include "differential/operation.hpp"

namespace roomstore::differential {

/// The first difference between a backend and the reference.
struct Mismatch {
    /// The operations up to the difference, which is in the outcome of the last one. That may be
    /// one that the comparison added to the sequence, to read everything or to clean up.
    std::vector<Operation> operations{};
    Json reference{};
    Json backend{};
};

/// Runs each operation of `sequence` on a new reference and on `store`, which must contain no
/// rooms, and compares the outcomes. At intervals and at the end, everything that can be read is
/// compared as well. Finally the rooms are deleted, and those outcomes compared, too.
asio::awaitable<std::optional<Mismatch>> compare(ConversationStore& store, Sequence sequence);

/// Like `compare`, on a new store of `backend`.
std::optional<Mismatch> compare_anew(contract::Backend& backend, const Sequence& sequence);

/// The shortest part of `sequence` found that still gives a mismatch.
Sequence shrink(contract::Backend& backend, Sequence sequence);

/// An initialised store of `backend` without data.
std::shared_ptr<ConversationStore> fresh_store(contract::Backend& backend);

}  // namespace roomstore::differential
