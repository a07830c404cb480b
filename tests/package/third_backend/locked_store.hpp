#pragma once

#include <memory>

#include <roomstore/conversation_store.hpp>
#include <roomstore/query.hpp>

/// The third backend: a store in addition to the two of roomstore.
std::shared_ptr<roomstore::ConversationStore> make_locked_store(roomstore::Limits limits);
