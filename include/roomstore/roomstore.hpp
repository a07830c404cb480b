#pragma once

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
