#pragma once

#include <memory>
#include <string>
#include <vector>

#include "roomstore/conversation_store.hpp"

namespace roomstore::test {

/// How much concurrent callers did, so that a test can tell whether they met at all.
struct Bustle {
    std::size_t appends = 0;
    std::size_t batches = 0;
    std::size_t answers_by_key = 0;
    std::size_t polls = 0;
    std::size_t marker_reads = 0;
    std::size_t metadata_reads = 0;
};

/// Lets many callers, on several threads, append to a few rooms of `store`, alone, in batches and
/// under shared keys, move shared markers, patch metadata, and read all that. The result names
/// everything they were told that cannot have happened in one order.
std::vector<std::string> violations_of_callers(const std::shared_ptr<ConversationStore>& store,
                                               unsigned seed,
                                               Bustle& bustle);

}  // namespace roomstore::test
