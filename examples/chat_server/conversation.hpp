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

/// A room of the store that clients of this server take part in.
///
/// Messages are appended concurrently and shown by reading the room: after an append, all events
/// after the last index shown are listed and sent to all members. Clients thus see exactly the
/// order of the store, also for concurrent appends and for messages of other servers on the same
/// store, and nothing is shown twice or left out.
///
/// Showing, joining and leaving exclude each other (`lock`), so that the missed messages that a
/// member is sent on joining end exactly where the live messages begin.
class Conversation {
public:
    enum class Kind { channel, private_talk };

    Conversation(asio::any_io_executor executor,
                 roomstore::ConversationStore& store,
                 roomstore::Room blueprint,
                 Kind kind);

    const std::string& id() const noexcept { return blueprint_.id; }
    Kind kind() const noexcept { return kind_; }

    /// The name in the stored room, as the creator of the room wrote it.
    const std::string& name() const noexcept { return name_; }

    asio::awaitable<AsyncMutex::Lock> lock() { return mutex_.lock(); }

    /// Reads the stored room and creates it if there is none. The caller holds the lock.
    asio::awaitable<roomstore::Room> open();

    /// Shows all members the events after the last one shown. The caller holds the lock.
    asio::awaitable<void> show_pending();

    /// Appends the message and shows it. An append that fails with a retryable error is repeated
    /// with the same event, so that it is stored once. Takes the lock itself.
    /// @returns false if the message is stored but could not be shown yet.
    asio::awaitable<bool> post(SessionPtr sender, Post message);

    /// The last `limit` of the events that were shown. The caller holds the lock.
    asio::awaitable<std::vector<roomstore::RoomEvent>> list_shown(std::int64_t limit);

    /// @name Members: the clients that see the messages
    /// @{
    void add_member(SessionPtr session);
    /// Records that the member has been sent everything that was shown so far.
    void set_caught_up(const Session& session);
    /// Returns how far the member has read; its connection may still write more.
    ReadPosition remove_member(const Session& session);
    bool has_member(const Session& session) const { return members_.contains(session.id); }
    bool has_members() const noexcept { return !members_.empty(); }
    std::vector<SessionPtr> members() const;

    /// Sends a line to all members but `except`.
    void send(std::string_view line, const Session* except = nullptr);
    /// @}

    /// Stores how far the members have read. Tries all of them before it throws an error.
    asio::awaitable<void> mark_read();

    /// Whether stored events could not be shown yet.
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
    /// The senders of messages that are being stored, by event id.
    std::unordered_map<std::string, std::uint64_t> senders_;
};

}  // namespace chat
