#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "roomstore/model/event.hpp"
#include "roomstore/postgres/postgres_options.hpp"
#include "support/private_cluster.hpp"

namespace roomstore::chaos {

/// Contents of the tables at the end.
struct FinalState {
    std::map<std::string, std::vector<RoomEvent>> rooms{};
    std::uint64_t events = 0;
    /// Differences between the store, the events in SQL and the counters of the rooms.
    std::vector<std::string> violations{};
};

FinalState read_final_state(const PostgresOptions& options, test::Admin& admin);

}  // namespace roomstore::chaos
