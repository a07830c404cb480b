#pragma once

#include <functional>

#include "driver/params.hpp"
#include "driver/row.hpp"
#include "faults/simulation/server.hpp"
#include "sql/statement.hpp"

/// Executes statements on the model server. No other code of the simulation depends on their names,
/// parameters and columns. An unknown statement ends the run.
namespace roomstore::simulation {

/// @name Statements of the simulation itself
/// @{

/// Stores a token ($1) unless it exists; returns one row if it was stored.
inline constexpr postgres::Statement write_once{"simulation.write_once", "INSERT"};
/// Index and id of each event of a room ($1).
inline constexpr postgres::Statement read_room{"simulation.read_room", "SELECT"};

/// @}

/// Runs `statement` in the transaction of `backend`, or on its own if there is none. Calls `wait`
/// while another backend holds a lock that it needs.
/// @throws postgres::Failure with the error that the server would report.
postgres::Result execute(Server& server,
                         Backend& backend,
                         const postgres::Statement& statement,
                         const postgres::Params& params,
                         const std::function<void()>& wait);

}  // namespace roomstore::simulation
