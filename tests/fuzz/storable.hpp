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

/// What every row has to be that a store accepts, written down from the contract field by field.
/// Ends the process where `row` is not. Returns the bytes it counts for the limit of a row.
std::size_t expect_storable(const Room& row);
std::size_t expect_storable(const RoomEvent& row);
std::size_t expect_storable(const ChannelBinding& row);
std::size_t expect_storable(const Participant& row);
std::size_t expect_storable(const Identity& row);
std::size_t expect_storable(const Task& row);
std::size_t expect_storable(const Observation& row);

}  // namespace roomstore::fuzz
