#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "driver/session.hpp"
#include "roomstore/detail/text_hash.hpp"
#include "sql/statement.hpp"

/// What the watches of a process ask the server.
namespace roomstore::postgres::sql {

/// The numbers of a room that change with it.
struct RoomState {
    std::int64_t generation = 0;
    std::int64_t event_count = 0;
    std::int64_t live_count = 0;
    std::int64_t latest_index = 0;
    std::int64_t revision = 0;

    bool operator==(const RoomState&) const = default;
};

/// The states of those of `rooms` that exist.
detail::TextMap<RoomState> read_room_states(Session& session,
                                            const std::vector<std::string>& rooms);

/// The `hint_key` of the schema's settings.
std::string read_hint_key(Session& session);

/// Sends `messages` on the channel. A crash of the server may take them back: they wait for no
/// disk.
void send_messages(Session& session,
                   const std::string& channel,
                   const std::vector<std::string>& messages);

/// Marks the session as one that listens, until it ends or `stop_listening`.
/// @returns false if another client, who has no reason to, holds the lock for itself.
bool mark_listening(Session& session, std::int64_t lock);
void stop_listening(Session& session, std::int64_t lock);

/// Whether another session is marked as listening.
bool others_listen(Session& session, std::int64_t lock);

/// Every statement of watches.cpp.
std::vector<Statement> watch_statements();

}  // namespace roomstore::postgres::sql
