#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "roomstore/model/event.hpp"
#include "roomstore/postgres/postgres_options.hpp"
#include "support/private_cluster.hpp"

namespace roomstore::chaos {

/// What is in the tables once all is over.
struct FinalState {
    std::map<std::string, std::vector<RoomEvent>> rooms{};
    std::uint64_t events = 0;
    /// Where the store, the events in SQL and the counters of the rooms disagree.
    std::vector<std::string> violations{};
};

FinalState read_final_state(const PostgresOptions& options, test::Admin& admin);

}  // namespace roomstore::chaos
