#pragma once

#include <string>
#include <vector>

#include "roomstore/postgres/postgres_store.hpp"
#include "support/process.hpp"

namespace roomstore::test {

/// One of several processes on one database: this program again, in the part of a child.
Process start_child(std::vector<std::string> arguments, const std::filesystem::path& log);

/// What `main` does in the part of a child; the result is the exit status.
///
///     init <connection string> <schema>               init() of a store, and close()
///     fork <connection string> <schema>               forks with a static store open; the child
///                                                     calls it and exits; prints how that ended,
///                                                     and whether the store still works
///     append <connection string> <schema> <prefix> <rooms> <events>
///                                                     that many appends to each of `room-0` ...,
///                                                     64 at a time over four connections; prints
///                                                     `<room> <event id> <index>` for each
int run_child(const std::vector<std::string>& arguments);

}  // namespace roomstore::test
