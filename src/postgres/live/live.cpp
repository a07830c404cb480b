#include "live/live.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <exception>
#include <random>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "pool/backoff.hpp"
#include "pool/fork.hpp"

namespace roomstore::postgres {

namespace {

using namespace std::chrono_literals;

constexpr auto send_interval = 10ms;
// Rooms that are added one by one are polled together.
constexpr auto add_interval = 50ms;
constexpr auto any_interval = 1s;
// How often to look whether somebody listens: if nobody does, and if somebody does.
constexpr auto muted_interval = 1s;
constexpr auto look_interval = 5s;
constexpr auto first_pause = 100ms;
constexpr auto longest_pause = 5s;
// After that, what has changed is not listed any more.
constexpr std::size_t most_changed = 8192;
constexpr auto last_send_limit = 500ms;
constexpr int most_unheard = 2;

PostgresOptions live_options(const PostgresOptions& options) {
    PostgresOptions own = options;
    if (!options.notify_connection_string.empty()) {
        own.connection_string = options.notify_connection_string;
        own.prepared_statements = true;
    }
    return own;
}

std::uint64_t random_number() {
    std::random_device device;
    return (static_cast<std::uint64_t>(device()) << 32U) | device();
}

}  // namespace

Live::Live(const PostgresOptions& options, std::shared_ptr<detail::WatchRegistry> watches)
    : options_(live_options(options)),
      listens_(options.notify && options_.prepared_statements),
      watches_(std::move(watches)),
      config_(session_config(options_)),
      sender_(random_number()) {}

Live::~Live() = default;

void Live::open() noexcept {
    opened_after_ = forks();
    was_opened_ = open_ = true;
}

bool Live::in_forked_child() const noexcept { return was_opened_ && forks() != opened_after_; }

void Live::finish() noexcept {
    if (in_forked_child()) return;
    const std::lock_guard lock(mutex_);
    open_ = false;
    closing_ = true;
    if (wake_up_) wake_up_->wake();
}

void Live::close() noexcept {
    if (in_forked_child()) {
        // There is no thread, but it may have held the lock; its connection is the parent's.
        static_cast<void>(new auto(shared_from_this()));
        return;
    }
    finish();
    std::unique_lock lock(mutex_);
    if (!thread_.joinable()) return;
    if (!exited_.wait_for(lock, last_send_limit, [&] { return has_exited_; }) && control_) {
        control_->cut();
        exited_.wait_for(lock, last_send_limit, [&] { return has_exited_; });
    }
    // A thread in the system's resolver ends when that returns. It keeps this object alive.
    if (has_exited_) {
        thread_.join();
    } else {
        thread_.detach();
    }
}

void Live::tell(std::string_view room_id) noexcept {
    watches_->tell(room_id);
    if (!options_.notify) return;
    const std::lock_guard lock(mutex_);
    if (!open_) return;
    if (muted_) {
        missed_ = true;
        return;
    }
    // Otherwise the thread is going to send already, and is left alone until then.
    const bool first = !work_.unsent();
    try {
        if (work_.changed.size() < most_changed) {
            work_.changed.emplace(room_id);
        } else {
            work_.any_changed = true;
        }
    } catch (const std::exception&) {
        work_.any_changed = true;  // no memory for the name
    }
    if (first) wake();
}

void Live::rooms_added() noexcept {
    if (in_forked_child()) return;
    const std::lock_guard lock(mutex_);
    if (!open_) return;
    work_.rooms_added = true;
    wake();
}

// The thread looks at the work before it waits, so one wake-up is enough until then.
void Live::wake() noexcept {
    if (std::exchange(woken_, true)) return;
    if (thread_.joinable()) return wake_up_->wake();
    try {
        wake_up_.emplace();
        thread_ = std::thread([self = shared_from_this()] { self->run(); });
    } catch (const std::exception& error) {
        woken_ = false;
        log_->write(LogLevel::warning, {"cannot start the thread of the watches: ", error.what()});
    }
}

void Live::add_to(PostgresStats& stats) const noexcept {
    stats.watch_mode = watches_->rooms_watched() == 0 ? WatchMode::idle
                       : hears_                       ? WatchMode::listening
                                                      : WatchMode::polling;
    stats.rooms_watched = watches_->rooms_watched();
    stats.hints_sent = sent_;
    stats.hints_received = received_;
    stats.hints_dropped = dropped_;
    stats.watch_polls = polls_;
    stats.watch_probes_heard = probes_heard_;
    stats.watch_reconnects = reconnects_;
}

void Live::run() noexcept {
    ServerSession session(config_);
    {
        const std::lock_guard lock(mutex_);
        control_ = session.control();
    }
    while (take_work()) {
        try {
            const Guarded guarded(*this);
            step(session);
            on_success();
        } catch (const Failure& failure) {
            on_failure(session, failure.text);
        } catch (const std::exception& error) {
            on_failure(session, error.what());
        }
        wait(session);
    }
    session.disconnect();
    const std::lock_guard lock(mutex_);
    has_exited_ = true;
    exited_.notify_all();
}

/// Returns false if the thread has to end.
bool Live::take_work() noexcept {
    const std::lock_guard lock(mutex_);
    woken_ = false;
    closing_now_ = closing_;
    const bool unsent = work_.unsent();
    // The last changes are sent, also by a program that makes one change and ends before there is a
    // connection. A server that cannot be reached is tried once.
    return !closing_ || (unsent && !failing_);
}

bool Live::anything_to_do() const {
    const std::lock_guard lock(mutex_);
    return watches_->rooms_watched() != 0 || work_.unsent();
}

void Live::step(ServerSession& session) {
    const auto now = Clock::now();
    if (!session.connected()) {
        if (connected_) throw lost_connection();
        if (!anything_to_do() || !may_connect(now)) return;
        connect(session);
        expect_end();
    }
    listen(session);
    receive(session);
    if (now >= next_look_) unmute();
    if (now >= next_send_ || closing_now_) send(session);
    if (closing_now_ || watches_->rooms_watched() == 0) {
        if (std::exchange(marked_, false)) sql::stop_listening(session, listener_lock(key_));
        watched_.clear();
        receive(session);
        return;
    }
    mark_listening(session);
    poll(session);
    // Messages that came with the answers above are in memory: nothing more arrives at the socket.
    receive(session);
}

/// Whether the time has come for the next attempt. All attempts of the process share a rate.
bool Live::may_connect(TimePoint now) {
    auto& slots = AttemptLimit::of_connections();
    if (now >= next_connect_ && !std::exchange(has_slot_, true)) {
        next_connect_ = slots.reserve(now);
    }
    if (now >= next_connect_) {
        has_slot_ = false;
        return true;
    }
    if (closing_now_) {
        // The last changes are not worth a delay.
        if (std::exchange(has_slot_, false)) slots.give_back(next_connect_);
        failing_ = true;
    }
    return false;
}

Failure Live::lost_connection() {
    Failure failure;
    failure.code = errc::unavailable;
    failure.broken = true;
    failure.text = "the connection is lost";
    return failure;
}

void Live::connect(ServerSession& session) {
    session.connect(Clock::now() + options_.deadline);
    connected_ = true;
    if (session.prepares()) {
        // Not all servers have it: the session would only be replaced more often.
        try {
            session.run_command("SET idle_session_timeout = 0");
        } catch (const Failure& failure) {
            if (failure.broken) throw;
        }
    }
    key_ = hint_key(sql::read_hint_key(session));
    channel_ = hint_channel(key_);
}

void Live::listen(ServerSession& session) {
    if (!listens_ || listening_) return;
    session.listen(channel_);
    listening_ = true;
    unheard_ = 0;
    probe_sent_.reset();
    // Messages were not heard until now.
    next_poll_ = {};
}

// At each poll, so that a deaf session is not taken for a listening one for long.
void Live::send_probe() {
    if (!listening_) return;
    const auto now = Clock::now();
    if (probe_sent_) {
        // It may still wait for a session of the pool.
        if (now < probe_sent_at_ + options_.deadline) return;
        hears_ = false;
        if (++unheard_ == most_unheard) {
            Failure failure;
            failure.code = errc::unavailable;
            failure.text =
                "notifications do not arrive; behind a pooler in transaction mode, set "
                "PostgresOptions::notify_connection_string";
            throw failure;
        }
    } else {
        unheard_ = 0;
    }
    probe_sent_ = ++probes_made_;
    probe_sent_at_ = now;
    probe_(channel_, write_probe(sender_, *probe_sent_));
}

void Live::receive(ServerSession& session) {
    for (const auto& message : session.take_messages()) {
        const auto hints = read_hints(message);
        if (!hints) continue;
        if (hints->sender == sender_) {
            if (!hints->probe || hints->probe != probe_sent_) continue;
            probe_sent_.reset();
            hears_ = true;
            ++probes_heard_;
            continue;
        }
        if (hints->probe) continue;
        if (hints->hello) {
            others_listen_ = true;
            next_look_ = Clock::now() + look_interval;
            unmute();
            continue;
        }
        ++received_;
        if (hints->any) next_poll_ = std::min(next_poll_, last_poll_ + any_interval);
        for (const auto hash : hints->rooms) {
            const auto found = watched_.find(hash);
            if (found != watched_.end()) watches_->tell(found->second.room);
        }
    }
}

// After LISTEN and before the poll: the poll sees what was committed until then. Processes that
// find the lock, or get the hello, send messages about everything later.
void Live::mark_listening(ServerSession& session) {
    if (!listening_ || marked_) return;
    marked_ = sql::mark_listening(session, listener_lock(key_));
    if (marked_) sql::send_messages(session, channel_, {write_hello(sender_)});
}

/// Messages are sent again. If anything has changed meanwhile, the first one says that any room may
/// have changed.
void Live::unmute() noexcept {
    const std::lock_guard lock(mutex_);
    muted_ = false;
    if (std::exchange(missed_, false)) work_.any_changed = true;
}

/// Whether another session listens, as of the last look.
bool Live::look_for_listeners(ServerSession& session) {
    const auto now = Clock::now();
    if (now >= next_look_) {
        others_listen_ = sql::others_listen(session, listener_lock(key_));
        next_look_ = now + (others_listen_ ? look_interval : muted_interval);
    }
    return others_listen_;
}

/// No messages are sent until the next look. A session that begins to listen learns by its poll of
/// what had changed before the last look.
void Live::mute() noexcept {
    const std::lock_guard lock(mutex_);
    muted_ = true;
    if (!work_.unsent()) return;
    missed_ = true;
    work_.changed.clear();
    work_.any_changed = false;
}

void Live::send(ServerSession& session) {
    detail::TextSet changed;
    bool any = false;
    {
        const std::lock_guard lock(mutex_);
        changed.swap(work_.changed);
        any = std::exchange(work_.any_changed, false);
    }
    if (changed.empty() && !any) return;
    try {
        if (!look_for_listeners(session)) return mute();
        std::vector<std::string> messages;
        if (any) {
            messages.push_back(write_any_hint(sender_));
        } else {
            std::vector<std::uint64_t> rooms;
            rooms.reserve(changed.size());
            for (const auto& room : changed) rooms.push_back(hint_of(key_, room));
            messages = write_hints(sender_, rooms);
        }
        sql::send_messages(session, channel_, messages);
        sent_ += messages.size();
        next_send_ = Clock::now() + send_interval;
        refused_ = false;
    } catch (const Failure& failure) {
        not_sent();
        if (failure.broken || !session.connected()) throw;
        // The server's queue of notifications is full, for example. The session can still listen.
        next_send_ = Clock::now() + any_interval;
        if (std::exchange(refused_, true)) return;
        log_->write(LogLevel::warning, {"cannot tell what has changed: ", failure.text});
    } catch (...) {
        not_sent();
        throw;
    }
}

void Live::not_sent() {
    ++dropped_;
    const std::lock_guard lock(mutex_);
    if (!closing_) work_.any_changed = true;
}

void Live::poll(ServerSession& session) {
    const auto now = Clock::now();
    const bool all = now >= next_poll_;
    {
        const std::lock_guard lock(mutex_);
        if (work_.rooms_added && now >= last_poll_ + add_interval) {
            work_.rooms_added = false;
        } else if (!all) {
            return;
        }
    }
    auto rooms = watches_->rooms();
    update_watched(rooms);
    if (!all) {
        std::erase_if(rooms, [&](const std::string& room) {
            return watched_.at(hint_of(key_, room)).seen != 0;
        });
    }
    if (rooms.empty()) return;
    const auto states = sql::read_room_states(session, rooms);
    last_poll_ = now;
    if (all) next_poll_ = now + options_.watch_poll_interval;
    for (const auto& room : rooms) {
        const auto found = states.find(room);
        const auto state = digest(found == states.end() ? nullptr : &found->second);
        if (std::exchange(watched_.at(hint_of(key_, room)).seen, state) != state) {
            watches_->tell(room);
        }
    }
    ++polls_;
    if (all) send_probe();
}

// What was seen of a room that is not watched any more is forgotten: messages about it are dropped
// from now on, so if it is watched again, its state has to be read again.
void Live::update_watched(const std::vector<std::string>& rooms) {
    WatchedRooms watched;
    watched.reserve(rooms.size());
    for (const auto& room : rooms) {
        const auto hash = hint_of(key_, room);
        const auto before = watched_.find(hash);
        watched.emplace(
            hash,
            Watched{.room = room, .seen = before == watched_.end() ? 0 : before->second.seen});
    }
    watched_ = std::move(watched);
}

/// Of the state of a room, or of there being no such room. Never 0.
std::uint64_t Live::digest(const sql::RoomState* state) const {
    if (state == nullptr) return 1;
    std::string bytes;
    for (const auto number : {state->generation,
                              state->event_count,
                              state->live_count,
                              state->latest_index,
                              state->revision}) {
        const auto word = std::bit_cast<std::array<char, sizeof number>>(number);
        bytes.append(word.data(), word.size());
    }
    return std::max<std::uint64_t>(hint_of(key_, bytes), 2);
}

void Live::on_success() {
    if (!connected_) return;
    pause_ = {};
    if (std::exchange(failing_, false)) {
        log_->write(LogLevel::info, {"the connection of the watches is open again"});
    }
}

void Live::expect_end() const { guard_(control_, Clock::now() + options_.deadline); }

Live::Guarded::Guarded(const Live& live) : live_(live) { live_.expect_end(); }
Live::Guarded::~Guarded() { live_.guard_(nullptr, TimePoint::max()); }

void Live::on_failure(ServerSession& session, std::string_view why) {
    session.disconnect();
    session.control()->reset();
    connected_ = listening_ = marked_ = hears_ = false;
    next_look_ = {};
    // If anything has changed, a new session looks again whether anyone listens.
    unmute();
    ++reconnects_;
    pause_ = pause_ == std::chrono::milliseconds{}
                 ? std::chrono::milliseconds{first_pause}
                 : std::min<std::chrono::milliseconds>(2 * pause_, longest_pause);
    next_connect_ = Clock::now() + pause_;
    if (std::exchange(failing_, true)) return;
    log_->write(LogLevel::warning, {"no connection for the watches: ", why});
}

void Live::wait(const ServerSession& session) {
    auto until = TimePoint::max();
    {
        const std::lock_guard lock(mutex_);
        if (woken_ || closing_) return;
        const bool unsent = work_.unsent();
        const bool watched = watches_->rooms_watched() != 0;
        if (!connected_) {
            if (unsent || watched) until = next_connect_;
        } else {
            if (unsent) until = next_send_;
            if (muted_) until = std::min(until, next_look_);
            if (watched) until = std::min(until, next_poll_);
            if (watched && work_.rooms_added) until = std::min(until, last_poll_ + add_interval);
        }
    }
    // Rounded up, or the thread would look again too early.
    const auto now = Clock::now();
    const auto timeout =
        until == TimePoint::max()
            ? std::chrono::milliseconds{std::chrono::hours{1}}
            : std::chrono::ceil<std::chrono::milliseconds>(std::max(until - now, 0ns));
    wake_up_->wait(session.socket(), timeout);
}

}  // namespace roomstore::postgres
