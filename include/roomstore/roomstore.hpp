#pragma once

/// @file
/// Everything but PostgreSQL: the interface, the models and the memory store; and of asio what a
/// program needs to run a coroutine.

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
/// Conversations. Operations: `roomstore::ConversationStore::create_room` and its neighbours.

/// @defgroup events Events
/// What happens in a room, in the order of its index. Operations:
/// `roomstore::ConversationStore::add_event_auto_index` and its neighbours.

/// @defgroup bindings Bindings
/// Channels attached to rooms. Operations: `roomstore::ConversationStore::add_binding` and its
/// neighbours.

/// @defgroup participants Participants
/// Members of rooms. Operations: `roomstore::ConversationStore::add_participant` and its
/// neighbours.

/// @defgroup identities Identities
/// People and agents behind addresses. Operations: `roomstore::ConversationStore::create_identity`
/// and its neighbours.

/// @defgroup tasks Tasks
/// What is to be done. Operations: `roomstore::ConversationStore::add_task` and its neighbours.

/// @defgroup observations Observations
/// What channels noticed. Operations: `roomstore::ConversationStore::add_observation` and its
/// neighbours.

/// @defgroup read_markers Read markers
/// How far a channel has read a room: the highest index, a plain number. Operations:
/// `roomstore::ConversationStore::mark_read` and its neighbours.
