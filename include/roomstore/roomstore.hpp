#pragma once

/// @file
/// What most programs need: the interface, the models with their JSON, queries and errors, the
/// memory store and the version; and of asio what runs a coroutine. Headers of their own have the
/// store in PostgreSQL (`postgres/postgres_store.hpp`), stores around a store
/// (`forwarding_store.hpp`, `observed_store.hpp`), the counters for Prometheus
/// (`prometheus/prometheus_observer.hpp`) and the formatters for {fmt} (`format.hpp`).

#include <cstddef>  // before asio: see detail/asio_check.hpp

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/use_future.hpp>

#include "roomstore/conversation_store.hpp"
#include "roomstore/error.hpp"
#include "roomstore/memory/in_memory_store.hpp"
#include "roomstore/model/json.hpp"
#include "roomstore/query.hpp"
#include "roomstore/version.hpp"

/// Rooms, events and everything around them, stored in memory or in PostgreSQL.
namespace roomstore {}

/// @defgroup rooms Rooms
/// Conversations.

/// @defgroup events Events
/// What happens in a room, in the order of its index.

/// @defgroup bindings Bindings
/// Channels attached to rooms.

/// @defgroup participants Participants
/// Members of rooms.

/// @defgroup identities Identities
/// People and agents behind addresses.

/// @defgroup tasks Tasks
/// What is to be done.

/// @defgroup observations Observations
/// What channels noticed.

/// @defgroup read_markers Read markers
/// How far a channel has read a room: the highest index, a plain number.

/// @defgroup stores Stores
/// The interface, its backends, and what they are made with.

/// @defgroup decorators Stores around a store
/// What changes or watches the calls of another store.

/// @defgroup errors Errors
/// What a call says when it is refused or fails.

/// @defgroup values Values
/// Ids, times, names and JSON: what the models are made of.

/// @defgroup contract_tests Contract tests
/// The suite that every backend has to pass, for those who write one.
