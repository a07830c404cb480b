#pragma once

#include <functional>

#include "driver/params.hpp"
#include "driver/row.hpp"
#include "faults/simulation/server.hpp"
#include "sql/statement.hpp"

/// What the model server does on each statement: the one place that knows their names, parameters
/// and columns. A statement that is not known here ends the run.
namespace roomstore::simulation {

/// @name Statements of the simulation's own
/// @{

/// Stores a token ($1), unless it is there; one row where it was stored.
inline constexpr postgres::Statement write_once{"simulation.write_once", "INSERT"};
/// Index and id of each event of a room ($1).
inline constexpr postgres::Statement read_room{"simulation.read_room", "SELECT"};

/// @}

/// Runs `statement` in the transaction of `backend`, or by itself where there is none. Calls `wait`
/// whenever a lock is held by somebody else.
/// @throws postgres::Failure, as the server would refuse.
postgres::Result execute(Server& server,
                         Backend& backend,
                         const postgres::Statement& statement,
                         const postgres::Params& params,
                         const std::function<void()>& wait);

}  // namespace roomstore::simulation
