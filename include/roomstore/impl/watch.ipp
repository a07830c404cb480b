#pragma once

#include <algorithm>
#include <chrono>
#include <utility>

#include <asio/any_io_executor.hpp>
#include <asio/associated_cancellation_slot.hpp>
#include <asio/async_result.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/error.hpp>
#include <asio/execution/context.hpp>
#include <asio/execution_context.hpp>
#include <asio/query.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include "roomstore/detail/validate_value.hpp"
#include "roomstore/detail/watch_registry.hpp"

namespace roomstore {

namespace detail {

std::shared_ptr<WatchRegistry> WatchRegistry::make() {
    // The hash key is drawn now, since telling must not fail.
    hash_key();
    return std::shared_ptr<WatchRegistry>(new WatchRegistry());
}

WatchRegistry::~WatchRegistry() = default;

std::shared_ptr<RoomWatch> WatchRegistry::watch(std::vector<std::string> rooms) {
    const auto state = std::make_shared<WatchState>(shared_from_this());
    auto watch = std::make_shared<RoomWatch>(state);
    {
        const std::lock_guard lock(watches_mutex_);
        if (closed_) throw Error(errc::closed, "watch_rooms: the store is closed");
        watches_.insert(state.get());
    }
    for (auto& room : rooms) state->add(std::move(room));
    return watch;
}

std::vector<std::string> WatchRegistry::rooms() const {
    std::vector<std::string> rooms;
    for (const Shard& shard : shards_) {
        const std::lock_guard lock(shard.mutex);
        for (const auto& [room_id, entry] : shard.rooms) rooms.push_back(room_id);
    }
    return rooms;
}

void WatchRegistry::close() noexcept {
    const std::lock_guard lock(watches_mutex_);
    closed_ = true;
    for (WatchState* const watch : watches_) watch->end(make_error_code(errc::closed));
}

WatchRegistry::Shard& WatchRegistry::shard_of(std::string_view room_id) noexcept {
    // The high bits, because the table of the shard uses the low ones.
    return shards_[TextHash{}(room_id) >> 60 & (shard_count - 1)];
}

void WatchRegistry::tell_watches(std::string_view room_id) noexcept {
    Shard& shard = shard_of(room_id);
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.rooms.find(room_id);
    if (found == shard.rooms.end()) return;
    for (Entry* entry = found->second; entry != nullptr; entry = entry->next) {
        const std::lock_guard watch_lock(entry->watch->mutex_);
        entry->watch->set_dirty(*entry);
    }
}

/// Whether other threads may still cancel timers of an execution context: asio takes them out of
/// their queue without a lock when the context is destroyed.
class TimerGate : public asio::execution_context::service {
public:
    /// Outlives the context.
    struct State {
        std::mutex mutex;
        bool open = true;
    };

    static inline asio::execution_context::id id;

    explicit TimerGate(asio::execution_context& context)
        : asio::execution_context::service(context), state_(std::make_shared<State>()) {}

    const std::shared_ptr<State>& state() const noexcept { return state_; }

private:
    /// Called before the timers are destroyed, because their service is older.
    void shutdown() override {
        const std::lock_guard lock(state_->mutex);
        state_->open = false;
    }

    const std::shared_ptr<State> state_;
};

/// A call of `next()`. Lives as long as its coroutine, which an execution context may destroy.
class WatchState::Call : public std::enable_shared_from_this<Call> {
public:
    Call(std::shared_ptr<WatchState> state, const asio::any_io_executor& executor)
        : state_(std::move(state)),
          timer_(executor, asio::steady_timer::time_point::max()),
          gate_(asio::use_service<TimerGate>(asio::query(executor, asio::execution::context))
                    .state()) {
        const std::lock_guard lock(state_->mutex_);
        if (state_->call_ != nullptr) {
            throw_invalid(FieldPath("RoomWatch.next"), "another call of it is waiting");
        }
        state_->call_ = this;
    }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    ~Call() {
        const std::lock_guard lock(state_->mutex_);
        leave();
    }

    /// Calls the handler, on its executor, when a room is to be reported, the watch has ended or
    /// the caller has cancelled. Does not fail: asio terminates the process if the handler is
    /// destroyed during the initiation.
    template <typename Handler>
    void wait(Handler handler) noexcept {
        auto slot = asio::get_associated_cancellation_slot(handler);
        if (slot.is_connected()) {
            slot.assign([weak = weak_from_this()](asio::cancellation_type) {
                if (const auto call = weak.lock()) call->cancel();
            });
        }
        // As soon as the lock is released, the handler may run and destroy this call.
        const auto state = state_;
        const std::lock_guard lock(state->mutex_);
        timer_.async_wait([this, handler = std::move(handler)](std::error_code) mutable {
            std::move(handler)(end_of_wait());
        });
        waiting_ = true;
        if (state->first_dirty_ != nullptr || state->ended_) wake();
    }

    /// Ends the wait, if there is one. The lock of the watch must be held.
    void wake() noexcept {
        if (!std::exchange(waiting_, false)) return;
        const std::lock_guard lock(gate_->mutex);
        if (gate_->open) timer_.cancel();
    }

private:
    void cancel() noexcept {
        const std::lock_guard lock(state_->mutex_);
        cancelled_ = true;
        leave();
        wake();
    }

    void leave() noexcept {
        if (state_->call_ == this) state_->call_ = nullptr;
    }

    std::error_code end_of_wait() noexcept {
        const std::lock_guard lock(state_->mutex_);
        if (!cancelled_) return {};
        return asio::error::operation_aborted;
    }

    const std::shared_ptr<WatchState> state_;
    // Guarded by the lock of the watch. The gate's service has to be newer than that of the timer.
    asio::steady_timer timer_;
    const std::shared_ptr<TimerGate::State> gate_;
    bool waiting_ = false;
    bool cancelled_ = false;
};

WatchState::WatchState(std::shared_ptr<WatchRegistry> registry) : registry_(std::move(registry)) {}

WatchState::~WatchState() {
    {
        const std::lock_guard lock(registry_->watches_mutex_);
        registry_->watches_.erase(this);
    }
    end(asio::error::make_error_code(asio::error::operation_aborted));
}

void WatchState::add(std::string room_id) {
    if (insert(std::move(room_id)) && registry_->on_add_) registry_->on_add_();
}

/// @returns whether the room was not watched before.
bool WatchState::insert(std::string room_id) {
    ValueChecker().check(FieldPath("room_id"), room_id, rule::id);
    WatchRegistry::Shard& shard = registry_->shard_of(room_id);
    const std::lock_guard shard_lock(shard.mutex);
    const auto of_room = shard.rooms.try_emplace(room_id, nullptr).first;
    const auto drop_if_empty = [&]() noexcept {
        if (of_room->second == nullptr) shard.rooms.erase(of_room);
    };
    try {
        const std::lock_guard lock(mutex_);
        if (ended_) throw Error(errc::closed, "RoomWatch.add: the store or the watch is closed");
        const auto [room, is_new] = rooms_.try_emplace(std::move(room_id));
        if (!is_new) return false;
        Entry& entry = room->second;
        entry.watch = this;
        entry.room_id = &room->first;
        entry.next = of_room->second;
        if (entry.next != nullptr) {
            entry.next->previous = &entry;
        } else {
            ++registry_->watched_;
        }
        of_room->second = &entry;
        set_dirty(entry);
        return true;
    } catch (...) {
        drop_if_empty();
        throw;
    }
}

void WatchState::remove(const std::string& room_id) noexcept {
    WatchRegistry::Shard& shard = registry_->shard_of(room_id);
    const std::lock_guard shard_lock(shard.mutex);
    const std::lock_guard lock(mutex_);
    const auto room = rooms_.find(room_id);
    if (room == rooms_.end()) return;
    unlink(shard, room->second);
    rooms_.erase(room);
}

void WatchState::unlink(WatchRegistry::Shard& shard, Entry& entry) noexcept {
    if (entry.next != nullptr) entry.next->previous = entry.previous;
    if (entry.previous != nullptr) {
        entry.previous->next = entry.next;
    } else {
        const auto of_room = shard.rooms.find(*entry.room_id);
        of_room->second = entry.next;
        if (entry.next == nullptr) {
            shard.rooms.erase(of_room);
            --registry_->watched_;
        }
    }
    clear_dirty(entry);
}

std::vector<std::string> WatchState::rooms() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> ids;
    ids.reserve(rooms_.size());
    for (const auto& [id, entry] : rooms_) ids.push_back(id);
    return ids;
}

void WatchState::mark(const std::string& room_id) noexcept {
    const std::lock_guard lock(mutex_);
    const auto room = rooms_.find(room_id);
    if (room != rooms_.end()) set_dirty(room->second);
}

void WatchState::end(std::error_code why) noexcept {
    Rooms rooms;
    {
        const std::lock_guard lock(mutex_);
        if (ended_) return;
        ended_ = why;
        rooms.swap(rooms_);
        wake();
    }
    for (auto& [room_id, entry] : rooms) {
        WatchRegistry::Shard& shard = registry_->shard_of(room_id);
        const std::lock_guard shard_lock(shard.mutex);
        const std::lock_guard lock(mutex_);
        unlink(shard, entry);
    }
}

void WatchState::set_dirty(Entry& entry) noexcept {
    if (std::exchange(entry.dirty, true)) return;
    entry.next_dirty = first_dirty_;
    if (first_dirty_ != nullptr) first_dirty_->previous_dirty = &entry;
    first_dirty_ = &entry;
    ++dirty_count_;
    wake();
}

void WatchState::clear_dirty(Entry& entry) noexcept {
    if (!std::exchange(entry.dirty, false)) return;
    (entry.previous_dirty != nullptr ? entry.previous_dirty->next_dirty : first_dirty_) =
        entry.next_dirty;
    if (entry.next_dirty != nullptr) entry.next_dirty->previous_dirty = entry.previous_dirty;
    entry.next_dirty = entry.previous_dirty = nullptr;
    --dirty_count_;
}

void WatchState::wake() noexcept {
    if (call_ != nullptr) call_->wake();
}

std::vector<RoomNotice> WatchState::take() {
    std::vector<RoomNotice> notices;
    {
        const std::lock_guard lock(mutex_);
        if (ended_ == errc::closed) throw Error(errc::closed, "RoomWatch: the store is closed");
        if (ended_) throw std::system_error(ended_);
        // All that may throw comes first, so that nothing is lost then.
        notices.reserve(dirty_count_);
        for (const Entry* entry = first_dirty_; entry != nullptr; entry = entry->next_dirty) {
            notices.push_back({.room_id = *entry->room_id});
        }
        while (first_dirty_ != nullptr) clear_dirty(*first_dirty_);
    }
    std::sort(notices.begin(), notices.end(), [](const RoomNotice& left, const RoomNotice& right) {
        return left.room_id < right.room_id;
    });
    return notices;
}

struct WatchState::StartWait {
    Call& call;

    template <typename Handler>
    void operator()(Handler handler) const {
        call.wait(std::move(handler));
    }
};

asio::awaitable<std::vector<RoomNotice>> WatchState::next(std::shared_ptr<WatchState> state) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    const auto call = std::make_shared<Call>(state, executor);
    const StartWait start{*call};
    for (;;) {
        // A coroutine that was cancelled before would not be woken by its slot any more.
        const auto cancellation = co_await asio::this_coro::cancellation_state;
        if (cancellation.cancelled() != asio::cancellation_type::none) {
            throw std::system_error(asio::error::operation_aborted);
        }
        co_await asio::async_initiate<const asio::use_awaitable_t<>, void(std::error_code)>(
            start, asio::use_awaitable);
        auto notices = state->take();
        if (!notices.empty()) co_return notices;
    }
}

}  // namespace detail

RoomWatch::RoomWatch(std::shared_ptr<detail::WatchState> state) : state_(std::move(state)) {}

RoomWatch::RoomWatch(const std::shared_ptr<RoomWatch>& other) : state_(other->state_) {}

RoomWatch::~RoomWatch() { close(); }

void RoomWatch::add(std::string room_id) { state_->add(std::move(room_id)); }

void RoomWatch::remove(const std::string& room_id) { state_->remove(room_id); }

std::vector<std::string> RoomWatch::rooms() const { return state_->rooms(); }

void RoomWatch::mark(const std::string& room_id) { state_->mark(room_id); }

asio::awaitable<std::vector<RoomNotice>> RoomWatch::next() {
    return detail::WatchState::next(state_);
}

void RoomWatch::close() noexcept {
    state_->end(asio::error::make_error_code(asio::error::operation_aborted));
}

}  // namespace roomstore
