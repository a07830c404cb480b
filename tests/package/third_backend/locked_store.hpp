#pragma once

#include <memory>

#include <roomstore/conversation_store.hpp>
#include <roomstore/query.hpp>

/// The third backend: a store that is neither of those that roomstore ships.
std::shared_ptr<roomstore::ConversationStore> make_locked_store(roomstore::Limits limits);
