#pragma once

#include <string>
#include <vector>

#include "roomstore/postgres/postgres_store.hpp"
#include "support/process.hpp"

namespace roomstore::test {

/// Starts this program again as a child process, for tests with several processes on one database.
Process start_child(std::vector<std::string> arguments, const std::filesystem::path& log);

/// The `main` of a child process; returns the exit status.
///
///     init <connection string> <schema>               init() and close() of a store
///     fork <connection string> <schema>               forks with a static store open. The child
///                                                     calls the store and exits. Prints the status
///                                                     of the child, and the index and number of
///                                                     reconnects of an append made afterwards
///     append <connection string> <schema> <prefix> <rooms> <events>
///                                                     appends <events> events to each of `room-0`,
///                                                     `room-1` ..., with 8 concurrent calls per
///                                                     room over four connections; prints
///                                                     `<room> <event id> <index>` for each
///     delete <connection string> <schema> <room>      deletes the room, prints `deleted`, and
///     waits
///                                                     to be killed
int run_child(const std::vector<std::string>& arguments);

}  // namespace roomstore::test
