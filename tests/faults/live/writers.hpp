#pragma once

#include <set>
#include <string>
#include <vector>

#include <asio/awaitable.hpp>

#include "faults/live/followers.hpp"
#include "roomstore/postgres/postgres_store.hpp"

namespace roomstore::test::live {

constexpr int room_count = 64;
/// In all processes together.
constexpr int writer_count = 16;

std::string room_name(int number);

/// Changes rooms until this process has made enough changes. Only this caller deletes and creates
/// the rooms of its own, and only it updates the events that it has appended: so the order of
/// states is known. `doubtful`: the states that may have been written twice, because it was not
/// known whether they were stored.
asio::awaitable<void> change_rooms(PostgresStore& store,
                                   int number,
                                   int enough,
                                   Counts& counts,
                                   std::set<EventState>& doubtful);

}  // namespace roomstore::test::live
