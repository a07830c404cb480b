#pragma once

#include <string>

#include <asio/awaitable.hpp>

#include <roomstore/conversation_store.hpp>

namespace chat {

/// Everything that a store holds of all rooms, read through the interface alone: counters, events
/// in index order, participants, read markers and unread counts. For people and scripts that
/// compare it with what clients saw.
asio::awaitable<roomstore::Json> report_store(roomstore::ConversationStore& store);

/// Writes the report to a file that only its owner can read; see `write_private_file`.
asio::awaitable<void> write_report(roomstore::ConversationStore& store, std::string path);

}  // namespace chat
