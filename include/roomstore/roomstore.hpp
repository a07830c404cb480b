#pragma once

/// @file
/// Includes what most programs need: the interface, the models with their JSON conversions,
/// queries, errors, the memory store and the version, and the asio headers that run a coroutine.
/// Include separately: the PostgreSQL store (`postgres/postgres_store.hpp`), the decorators
/// (`decorators/forwarding_store.hpp`, `decorators/observed_store.hpp`), a deadline for one call
/// (`within.hpp`), help for tests (`testing.hpp`), the Prometheus counters
/// (`prometheus/prometheus_observer.hpp`) and the formatters for {fmt} (`format.hpp`).

#include <cstddef>  // before asio: see detail/asio_check.hpp

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/use_future.hpp>

#include "roomstore/changes.hpp"
#include "roomstore/conversation_store.hpp"
#include "roomstore/error.hpp"
#include "roomstore/event_pager.hpp"
#include "roomstore/inbox.hpp"
#include "roomstore/memory/in_memory_store.hpp"
#include "roomstore/model/json.hpp"
#include "roomstore/query.hpp"
#include "roomstore/room_feed.hpp"
#include "roomstore/version.hpp"
#include "roomstore/watch.hpp"

/// Rooms, their events and related data, stored in memory or in PostgreSQL.
namespace roomstore {}

/// @defgroup rooms Rooms
/// Conversations.

/// @defgroup events Events
/// The entries of a room's timeline, ordered by index.

/// @defgroup changes Changes
/// What has changed in a room, and being told that something has.

/// @defgroup inbox Inbox
/// The rooms of a participant, with what is unread.

/// @defgroup bindings Bindings
/// Channels attached to rooms.

/// @defgroup participants Participants
/// Members of rooms.

/// @defgroup identities Identities
/// People and agents, and their addresses on channels.

/// @defgroup tasks Tasks
/// Work items of rooms.

/// @defgroup observations Observations
/// Findings that channels recorded about rooms.

/// @defgroup read_markers Read markers
/// The highest index that a channel has read in a room, a plain number.

/// @defgroup stores Stores
/// The interface, its backends, and their options.

/// @defgroup decorators Decorators
/// Stores that wrap another store to modify or observe its calls.

/// @defgroup testing Testing
/// Help for tests of programs that use a store.

/// @defgroup errors Errors
/// Exceptions and codes of calls that are refused or fail.

/// @defgroup values Values
/// Ids, times, names and JSON: the types of which the models consist.

/// @defgroup contract_tests Contract tests
/// The test suite that every backend must pass, for authors of backends.
