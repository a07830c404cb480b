#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>

#include <roomstore/conversation_store.hpp>

#include "async/async_mutex.hpp"
#include "mapping.hpp"
#include "read_position.hpp"
#include "session.hpp"

namespace chat {

/// A room of the store while somebody here takes part in it.
///
/// Messages are appended side by side and shown by reading the room: after an append, whatever
/// lies beyond the last index shown is listed and sent to all members. The store's order is thus
/// the only order; appends that race, and messages that other servers put into the same room, fall
/// into it without a rule of their own, and nothing is shown twice or left out.
///
/// Showing, joining and leaving exclude each other (`lock`), so that what a member was told on
/// joining ends exactly where the live messages begin.
class Conversation {
public:
    enum class Kind { channel, private_talk };

    Conversation(asio::any_io_executor executor,
                 roomstore::ConversationStore& store,
                 roomstore::Room blueprint,
                 Kind kind);

    const std::string& id() const noexcept { return blueprint_.id; }
    Kind kind() const noexcept { return kind_; }

    /// How the name is written: as in the stored room, which whoever joined first has created.
    const std::string& name() const noexcept { return name_; }

    asio::awaitable<AsyncMutex::Lock> lock() { return mutex_.lock(); }

    /// Reads the stored room; creates it where there is none. The caller holds the lock.
    asio::awaitable<roomstore::Room> open();

    /// Shows all members what was stored since. The caller holds the lock.
    asio::awaitable<void> show_pending();

    /// Appends the message and shows it. Repeats the append where that may help, with the same
    /// event, so that it is stored once. Takes the lock itself.
    /// @returns false where the message is stored but could not be shown yet.
    asio::awaitable<bool> post(SessionPtr sender, Post message);

    /// What is stored beyond the index (-1: all) and was shown here, the last `limit` of it. The
    /// caller holds the lock.
    asio::awaitable<std::vector<roomstore::RoomEvent>> list_shown(std::int64_t limit);

    /// @name Members: those who see what is posted
    /// @{
    void add_member(SessionPtr session);
    /// Says that the member was sent everything that was shown so far and that it had not read.
    void set_caught_up(const Session& session);
    /// Returns what the member has read; more may still be written to its connection.
    ReadPosition remove_member(const Session& session);
    bool has_member(const Session& session) const { return members_.contains(session.id); }
    bool has_members() const noexcept { return !members_.empty(); }
    std::vector<SessionPtr> members() const;

    /// Sends a line to all members but `except`.
    void send(std::string_view line, const Session* except = nullptr);
    /// @}

    /// Tells the store how far the members have read. An error is thrown after all were tried.
    asio::awaitable<void> mark_read();

    /// Whether something is stored that could not be shown yet.
    bool behind() const noexcept { return behind_; }

private:
    struct Member {
        SessionPtr session;
        ReadPosition position{};
    };

    asio::awaitable<void> load();
    asio::awaitable<roomstore::RoomEvent> append(roomstore::RoomEvent event);
    void show(const roomstore::RoomEvent& event);

    asio::any_io_executor executor_;
    roomstore::ConversationStore& store_;
    roomstore::Room blueprint_;
    Kind kind_;
    std::string name_;
    AsyncMutex mutex_;
    bool loaded_ = false;
    bool behind_ = false;
    std::int64_t shown_index_ = -1;
    std::string shown_id_;
    std::map<std::uint64_t, Member> members_;
    /// Messages on their way into the store, by event id: who sent them here.
    std::unordered_map<std::string, std::uint64_t> senders_;
};

}  // namespace chat
