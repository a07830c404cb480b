#pragma once

#include <cstddef>

#include "roomstore/model/binding.hpp"
#include "roomstore/model/event.hpp"
#include "roomstore/model/identity.hpp"
#include "roomstore/model/observation.hpp"
#include "roomstore/model/participant.hpp"
#include "roomstore/model/room.hpp"
#include "roomstore/model/task.hpp"

namespace roomstore::fuzz {

/// Checks `row`, field by field, against the rules of the contract for rows that a store accepts.
/// Aborts the process if a rule is broken. Returns the size of `row` for the limit of a row.
std::size_t expect_storable(const Room& row);
std::size_t expect_storable(const RoomEvent& row);
std::size_t expect_storable(const ChannelBinding& row);
std::size_t expect_storable(const Participant& row);
std::size_t expect_storable(const Identity& row);
std::size_t expect_storable(const Task& row);
std::size_t expect_storable(const Observation& row);

}  // namespace roomstore::fuzz
