#pragma once

#include <string>
#include <vector>

#include "faults/simulation/simulation.hpp"

namespace roomstore::simulation {

/// Returns the violations of a run. Each begins with the name of the rule:
///
/// - H1 .. H6: the rules of tests/support/history.hpp: no append is lost, doubled or out of order.
/// - answers: all calls for one event, or for one key, return the same event.
/// - once: a write that must not be re-run is done once if it succeeded, and never if it failed.
/// - on_time: every call ends at most 250 ms after its deadline.
/// - cancelled: a call that is cancelled before its COMMIT is aborted, without delay.
/// - unknown: commit_unknown is not returned before the deadline if the doubt could have been
///   settled, and repeating the call settles it.
/// - code: every error is explained by a fault, and `timeout` is not returned before the deadline.
/// - limit: at most ten reconnect attempts a second.
/// - lively: after the faults have ended, calls succeed within a second.
/// - connections: a working connection is not given up.
/// - closing: a pool closes in time and leaves no connection behind.
std::vector<std::string> check(const Simulation& simulation);

}  // namespace roomstore::simulation
