#pragma once

#include <string>
#include <vector>

#include "faults/simulation/simulation.hpp"

namespace roomstore::simulation {

/// The rules that the calls of a run broke. Each begins with its name:
///
/// - H1 .. H6   those of tests/support/history.hpp, by which no append is lost, doubled or out of
/// order
/// - answers    calls for one event, or one key, are answered with one event
/// - once       a write that cannot be repeated is done once if it succeeded, and never if it
/// failed
/// - on_time    every call ends by its deadline and 250 ms
/// - cancelled  a call that was cancelled before its COMMIT is aborted, and soon
/// - unknown    commit_unknown comes not before the deadline where the doubt could have been
/// settled,
///              and calling again settles it
/// - code       no other error than the faults account for, and `timeout` not before the deadline
/// - limit      at most ten attempts a second to connect again
/// - lively     once all is well, calls succeed, within a second
/// - closing    a pool closes in time, and leaves no connection behind
std::vector<std::string> check(const Simulation& simulation);

}  // namespace roomstore::simulation
