#pragma once

#include <memory>
#include <string>
#include <vector>

#include "roomstore/conversation_store.hpp"

namespace roomstore::test {

/// Numbers of calls, so that a test can check that there was enough concurrency.
struct CallCounts {
    std::size_t appends = 0;
    std::size_t batches = 0;
    std::size_t answers_by_key = 0;
    std::size_t polls = 0;
    std::size_t marker_reads = 0;
    std::size_t metadata_reads = 0;
};

/// Runs many callers on several threads. They append to a few rooms of `store` single events,
/// batches, and events with shared keys; move shared markers; patch metadata; and read all of
/// these. Returns every result that is not consistent with any single order of the calls.
std::vector<std::string> violations_of_callers(const std::shared_ptr<ConversationStore>& store,
                                               unsigned seed,
                                               CallCounts& bustle);

}  // namespace roomstore::test
