#pragma once

#include <list>
#include <unordered_map>

#include <roomstore/conversation_store.hpp>

#include "async.hpp"
#include "mapping.hpp"
#include "session.hpp"

namespace chat {

/// How far a member has read, judged by what its connection has written: lines that still wait when
/// a slow client is dropped stay unread.
class ReadPosition {
public:
    /// Records that the event was shown; its line ends at byte `queued` of the member's output.
    void add(std::int64_t index, std::string event_id, std::uint64_t queued) {
        // An event without output is read with the one before it.
        if (!waiting_.empty() && waiting_.back().queued == queued) waiting_.pop_back();
        waiting_.push_back({index, std::move(event_id), queued});
    }

    /// Records that the first `written` bytes of the output have been written.
    void set_written(std::uint64_t written) {
        while (!waiting_.empty() && waiting_.front().queued <= written) {
            read_ = std::move(waiting_.front());
            waiting_.pop_front();
        }
    }

    /// The index of the last event read, -1 if there is none.
    std::int64_t index() const noexcept { return read_.index; }

    /// The last event read, if the store does not have this read position yet.
    std::optional<std::string> unstored() const {
        if (read_.index <= stored_) return std::nullopt;
        return read_.event_id;
    }

    /// Records that the store has the read position `index`.
    void set_stored(std::int64_t index) noexcept { stored_ = index; }

private:
    struct Point {
        std::int64_t index = -1;
        std::string event_id{};
        std::uint64_t queued = 0;
    };

    std::list<Point> waiting_;
    Point read_{};
    std::int64_t stored_ = -1;
};

/// A room of the store that clients of this server take part in.
///
/// Messages are appended concurrently and shown by reading the room: after an append, and after the
/// watch has reported the room, the changes since the last reading are listed and sent to all
/// members. Clients thus see exactly the order of the store, also for concurrent appends and for
/// messages of other servers on the same store, and nothing is shown twice or left out.
///
/// If a message that was shown is changed or deleted, which a client cannot do but another program
/// can, the members are sent a NOTICE that says so. Of each room, the newest messages are
/// remembered for that; changes of older ones are not told.
///
/// Showing, joining and leaving exclude each other (`lock`), so that the missed messages that a
/// member is sent on joining end exactly where the live messages begin.
class Conversation : public std::enable_shared_from_this<Conversation> {
public:
    Conversation(const asio::any_io_executor& executor,
                 roomstore::ConversationStore& store,
                 std::shared_ptr<roomstore::RoomWatch> watch,
                 roomstore::Room blueprint);
    Conversation(const Conversation&) = delete;
    Conversation& operator=(const Conversation&) = delete;
    ~Conversation() { watch_->remove(id()); }

    const std::string& id() const noexcept { return blueprint_.id; }
    bool is_channel() const { return irc::is_channel(id()); }

    /// The name in the stored room, as the creator of the room wrote it.
    const std::string& name() const noexcept { return name_; }

    awaitable<AsyncMutex::Lock> lock() { return mutex_.lock(); }

    /// Reads the stored room and creates it if there is none. The caller holds the lock.
    awaitable<roomstore::Room> open();

    /// Shows all members what has changed since the last reading. The caller holds the lock.
    awaitable<void> show_pending();

    /// Called when the watch reports the room: takes the lock and shows what has changed.
    awaitable<void> follow();

    /// Whether changes could not be shown yet.
    bool behind() const noexcept { return behind_; }

    /// Appends the message and shows it. An append that fails with a retryable error is repeated
    /// with the same event, so that it is stored once. Takes the lock itself.
    /// @returns false if the message is stored but could not be shown yet.
    awaitable<bool> post(SessionPtr sender, Post message);

    /// The last `limit` of the events that were shown. The caller holds the lock.
    awaitable<std::vector<roomstore::RoomEvent>> list_shown(std::int64_t limit);

    // The members are the clients that see the messages.

    void add_member(SessionPtr session);
    /// Records that the member has been sent everything that was shown so far.
    void set_caught_up(const Session& session);
    /// Returns how far the member has read; its connection may still write more.
    ReadPosition remove_member(Session& session);
    bool has_member(const Session& session) const { return members_.contains(session.id); }
    bool has_members() const noexcept { return !members_.empty(); }
    std::vector<SessionPtr> members() const;

    void send(const irc::Line& line) const;

    // The participants are what the store keeps of the members, across connections and restarts.

    /// What the store knew about a nick when it joined.
    enum class Arrival { first, again, banned };

    /// Makes the nick an active participant of the room and binds its channel to the room. A banned
    /// nick stays banned and gets no binding. The caller holds the lock.
    awaitable<Arrival> record_arrival(std::string nick);

    /// Waits until the client's connection has written what it can, then stores how far the nick
    /// has read, and its status (inactive: disconnected, may come back; left: binding removed).
    /// Takes the lock itself.
    awaitable<void> record_departure(SessionPtr session,
                                     std::string nick,
                                     roomstore::ParticipantStatus status,
                                     ReadPosition position);

    /// Stores how far the members have read. Tries all of them before it throws an error.
    awaitable<void> mark_read();

private:
    struct Member {
        SessionPtr session;
        ReadPosition position{};
    };

    /// A message that was shown.
    struct Shown {
        std::string id;
        std::string sender;
        /// As much of the text as a line can hold: clients have seen no more.
        std::string text;
    };

    awaitable<void> load();
    awaitable<roomstore::RoomEvent> append(roomstore::RoomEvent event);
    awaitable<void> record_reading(std::string nick, std::optional<std::string> event_id);
    void restart(const roomstore::RoomChanges& changes);
    void remember(const roomstore::RoomEvent& event);
    void show(const roomstore::RoomChanges& changes);
    void show(const roomstore::RoomEvent& event);
    void show_update(const roomstore::RoomEvent& event);
    void show_deletion(const roomstore::DeletedEvent& event);
    void send_notice(const std::string& event_id, std::string text) const;

    roomstore::ConversationStore& store_;
    const std::shared_ptr<roomstore::RoomWatch> watch_;
    const roomstore::Room blueprint_;
    std::string name_ = room_name(blueprint_);
    AsyncMutex mutex_;
    bool follow_waits_ = false;
    bool behind_ = false;
    /// Empty until the room is loaded.
    std::optional<roomstore::RoomCursor> cursor_;
    /// Tells the room from one that is deleted and created again.
    roomstore::Timestamp created_at_{};
    /// The last event that was shown.
    std::int64_t shown_index_ = -1;
    std::string shown_id_;
    /// The last messages that were shown, by index.
    std::map<std::int64_t, Shown> recent_;
    /// By session id. Shared with coroutines that store the position, since members may leave then.
    std::map<std::uint64_t, std::shared_ptr<Member>> members_;
    /// The senders of messages that are being stored, by event id.
    std::unordered_map<std::string, std::uint64_t> senders_;
};

}  // namespace chat
