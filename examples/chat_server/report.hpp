#pragma once

#include <string>

#include <asio/awaitable.hpp>

#include <roomstore/conversation_store.hpp>

namespace chat {

/// Writes everything that a store holds of all rooms to a file of JSON: counters, events in index
/// order, participants, read markers and unread counts, read through the interface alone. For
/// people and scripts that compare it with what clients saw.
///
/// Only the owner can read the file (mode 0600). The content goes into a new file with a random
/// name in the same folder, which is then renamed. The file thus appears whole or not at all, and a
/// symbolic or hard link that somebody else put there is replaced, never written through. Throws
/// std::system_error if the file cannot be written.
asio::awaitable<void> write_report(roomstore::ConversationStore& store, std::string path);

}  // namespace chat
