#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "driver/server_session.hpp"
#include "live/hints.hpp"
#include "live/wake_up.hpp"
#include "log.hpp"
#include "roomstore/detail/text_hash.hpp"
#include "roomstore/detail/watch_registry.hpp"
#include "roomstore/postgres/postgres_options.hpp"
#include "roomstore/postgres/postgres_stats.hpp"
#include "sql/watches.hpp"

namespace roomstore::postgres {

/// Tells the watches of this process what other processes have changed, and tells them what this
/// one has. One thread with one session, which exists only while something is watched or has to be
/// sent.
///
/// - Changes of this process are sent as messages, at most every 10 ms, never in the transaction
///   that makes them: NOTIFY holds a lock of the whole database until its transaction has ended.
/// - A session that listens for its watches holds an advisory lock. While no other session holds
///   it, no messages are sent. A session that has begun to listen sends a message that says so, and
///   polls: it thus learns of the changes that were not sent.
/// - Messages of other processes are reported at once.
/// - A pooler between this process and the server may not pass messages on. With each poll, a
///   session of the pool sends a probe, which the listening session must hear: its own messages
///   would come back even where those of others do not.
/// - Messages can be lost. Every `watch_poll_interval`, one statement reads the states of all
///   watched rooms; those that differ from the last time are reported. Messages do not change what
///   is compared, so no message can hide a change.
class Live : public std::enable_shared_from_this<Live> {
public:
    Live(const PostgresOptions& options, std::shared_ptr<detail::WatchRegistry> watches);
    ~Live();
    Live(const Live&) = delete;
    Live& operator=(const Live&) = delete;

    /// Sends a message on a channel through another session.
    using Probe = std::function<void(const std::string& channel, const std::string& message)>;

    /// Has another thread cut the session at `limit`, unless this is called again before.
    using Guard = std::function<void(std::shared_ptr<SessionControl>,
                                     std::chrono::steady_clock::time_point limit)>;

    /// Before `open`.
    void set_guard(Guard guard) { guard_ = std::move(guard); }
    void set_log(std::shared_ptr<Log> log) { log_ = std::move(log); }
    void set_probe(Probe probe) { probe_ = std::move(probe); }

    /// From now on there may be a thread.
    void open() noexcept;

    /// Has the thread send the last changes and end.
    void finish() noexcept;

    /// `finish`, and waits for that, within a bounded time. Must be called before the last owner
    /// gives this object up.
    void close() noexcept;

    /// Reports a room that this process has changed, to its own watches and to other processes.
    void tell(std::string_view room_id) noexcept;

    /// To be called after rooms were added to a watch.
    void rooms_added() noexcept;

    void add_to(PostgresStats& stats) const noexcept;

private:
    using Clock = std::chrono::steady_clock;
    using TimePoint = Clock::time_point;

    /// What the thread has to do next. Guarded by the mutex.
    struct Work {
        detail::TextSet changed{};
        bool any_changed = false;
        bool rooms_added = false;

        bool unsent() const noexcept { return any_changed || !changed.empty(); }
    };

    /// A watched room.
    struct Watched {
        std::string room{};
        /// The digest of what the last poll has seen; 0 if no poll has.
        std::uint64_t seen = 0;
    };
    using WatchedRooms = std::unordered_map<std::uint64_t, Watched>;

    /// While it exists, the session is cut if the server takes longer than a call may take.
    class Guarded {
    public:
        explicit Guarded(const Live& live);
        ~Guarded();
        Guarded(const Guarded&) = delete;
        Guarded& operator=(const Guarded&) = delete;

    private:
        const Live& live_;
    };

    bool in_forked_child() const noexcept;

    /// Tells the thread to look at its work, and starts it if there is none. Under the mutex.
    void wake() noexcept;

    // For the thread
    void run() noexcept;
    bool take_work() noexcept;
    bool anything_to_do() const;
    void step(ServerSession& session);
    bool may_connect(TimePoint now);
    static Failure lost_connection();
    void connect(ServerSession& session);
    void listen(ServerSession& session);
    void send_probe();
    void receive(ServerSession& session);
    void mark_listening(ServerSession& session);
    void unmute() noexcept;
    bool look_for_listeners(ServerSession& session);
    void mute() noexcept;
    void send(ServerSession& session);
    void not_sent();
    void poll(ServerSession& session);
    void update_watched(const std::vector<std::string>& rooms);
    std::uint64_t digest(const sql::RoomState* state) const;
    void expect_end() const;
    void on_success();
    void on_failure(ServerSession& session, std::string_view why);
    void wait(const ServerSession& session);

    const PostgresOptions options_;
    /// Whether the session may listen: not if its connection may be shared with other clients.
    const bool listens_;
    const std::shared_ptr<detail::WatchRegistry> watches_;
    std::shared_ptr<Log> log_;
    Probe probe_;
    Guard guard_;
    const std::shared_ptr<SessionConfig> config_;
    const std::uint64_t sender_;

    /// The value of `forks()` when it was opened.
    std::uint64_t opened_after_ = 0;
    std::atomic<bool> was_opened_{false};
    std::atomic<bool> open_{false};
    mutable std::mutex mutex_;
    Work work_;
    /// No messages are sent; whether anything has changed since then.
    bool muted_ = false;
    bool missed_ = false;
    bool closing_ = false;
    /// The thread was woken, and has not looked at its work yet.
    bool woken_ = false;
    bool has_exited_ = false;
    std::condition_variable exited_;
    std::thread thread_;
    std::shared_ptr<SessionControl> control_;
    /// Made together with the thread.
    std::optional<WakeUp> wake_up_;

    // Below: for the thread only.
    detail::SipKey key_{};
    std::string channel_;
    bool closing_now_ = false;
    /// A connection may be attempted at `next_connect_`.
    bool has_slot_ = false;
    bool connected_ = false;
    bool listening_ = false;
    /// The session holds the lock of those who listen.
    bool marked_ = false;
    /// Another session does, as of the last look.
    bool others_listen_ = false;
    TimePoint next_look_{};
    /// The last probe, until it is heard; and how many in a row were not.
    std::optional<std::uint64_t> probe_sent_;
    TimePoint probe_sent_at_{};
    std::uint64_t probes_made_ = 0;
    int unheard_ = 0;
    /// As of the last poll, by their hashes. There may be many: a digest takes less memory than the
    /// state, and two states of a room have the same one as rarely as two rooms the same hash.
    WatchedRooms watched_;
    TimePoint next_poll_{};
    TimePoint last_poll_{};
    TimePoint next_send_{};
    TimePoint next_connect_{};
    std::chrono::milliseconds pause_{};
    bool failing_ = false;
    /// The server has refused the last messages.
    bool refused_ = false;

    /// Listening, and the last probe was heard.
    std::atomic<bool> hears_{false};
    std::atomic<std::uint64_t> probes_heard_{0};
    std::atomic<std::uint64_t> sent_{0};
    std::atomic<std::uint64_t> received_{0};
    std::atomic<std::uint64_t> dropped_{0};
    std::atomic<std::uint64_t> polls_{0};
    std::atomic<std::uint64_t> reconnects_{0};
};

}  // namespace roomstore::postgres
