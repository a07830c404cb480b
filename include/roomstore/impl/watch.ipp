#pragma once

#include <algorithm>
#include <chrono>
#include <utility>

#include <asio/any_io_executor.hpp>
#include <asio/associated_cancellation_slot.hpp>
#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/error.hpp>
#include <asio/post.hpp>
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

/// The call of `next()` that waits. Lives in its coroutine.
class WatchState::Place {
public:
    explicit Place(WatchState& state) : state_(state) {
        const std::lock_guard lock(state_.mutex_);
        if (state_.place_ != nullptr) {
            throw_invalid(FieldPath("RoomWatch.next"), "another call of it is waiting");
        }
        state_.place_ = this;
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() {
        const std::lock_guard lock(state_.mutex_);
        if (state_.place_ == this) state_.place_ = nullptr;
    }

private:
    WatchState& state_;
};

/// A pending wait. Owned by the handler of its timer, so that it is destroyed with the execution
/// context if that goes first.
struct WatchState::Waiter {
    Waiter(std::shared_ptr<WatchState> of, const asio::any_io_executor& executor)
        : state(std::move(of)), timer(executor, asio::steady_timer::time_point::max()) {}
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;
    ~Waiter() { detach(); }

    void detach() noexcept {
        const std::lock_guard lock(state->mutex_);
        if (state->waiter_ == this) state->waiter_ = nullptr;
    }

    const std::shared_ptr<WatchState> state;
    asio::steady_timer timer;
    /// Guarded by the lock of the watch.
    bool cancelled = false;
};

WatchState::WatchState(std::shared_ptr<WatchRegistry> registry) : registry_(std::move(registry)) {}

WatchState::~WatchState() {
    {
        const std::lock_guard lock(registry_->watches_mutex_);
        registry_->watches_.erase(this);
    }
    while (!rooms_.empty()) remove(std::string(rooms_.begin()->first));
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
        throw_if_ended();
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
    Entry& entry = room->second;
    if (entry.next != nullptr) entry.next->previous = entry.previous;
    if (entry.previous != nullptr) {
        entry.previous->next = entry.next;
    } else {
        const auto of_room = shard.rooms.find(room_id);
        of_room->second = entry.next;
        if (entry.next == nullptr) {
            shard.rooms.erase(of_room);
            --registry_->watched_;
        }
    }
    clear_dirty(entry);
    rooms_.erase(room);
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
    const std::lock_guard lock(mutex_);
    if (ended_) return;
    ended_ = why;
    wake();
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
    if (waiter_ != nullptr) waiter_->timer.cancel();
}

void WatchState::throw_if_ended() const {
    if (!ended_) return;
    if (ended_ == errc::closed) throw Error(errc::closed, "RoomWatch: the store is closed");
    throw std::system_error(ended_);
}

std::vector<RoomNotice> WatchState::take() {
    const std::lock_guard lock(mutex_);
    throw_if_ended();
    std::vector<RoomNotice> notices;
    notices.reserve(dirty_count_);
    for (const Entry* entry = first_dirty_; entry != nullptr; entry = entry->next_dirty) {
        notices.push_back({.room_id = *entry->room_id});
    }
    std::sort(notices.begin(), notices.end(), [](const RoomNotice& left, const RoomNotice& right) {
        return left.room_id < right.room_id;
    });
    while (first_dirty_ != nullptr) clear_dirty(*first_dirty_);
    return notices;
}

/// Begins to wait. The handler is called when a room is to be reported, the watch has ended or the
/// caller has cancelled.
struct WatchState::StartWait {
    const std::shared_ptr<WatchState>& state;
    Place& place;

    template <typename Handler>
    void operator()(Handler handler) const {
        wait(state, place, std::move(handler));
    }
};

template <typename Handler>
void WatchState::wait(const std::shared_ptr<WatchState>& state, Place& place, Handler handler) {
    const asio::any_io_executor executor = asio::get_associated_executor(handler);
    auto slot = asio::get_associated_cancellation_slot(handler);
    auto waiter = std::make_shared<Waiter>(state, executor);
    if (slot.is_connected()) {
        slot.assign([weak = std::weak_ptr(waiter), &place](asio::cancellation_type) {
            const auto cancelled = weak.lock();
            if (!cancelled) return;
            WatchState& of = *cancelled->state;
            const std::lock_guard lock(of.mutex_);
            cancelled->cancelled = true;
            if (of.place_ == &place) of.place_ = nullptr;
            if (of.waiter_ == cancelled.get()) of.waiter_ = nullptr;
            cancelled->timer.cancel();
        });
    }
    Waiter& pending = *waiter;
    const std::lock_guard lock(state->mutex_);
    pending.timer.async_wait(
        [waiter = std::move(waiter), handler = std::move(handler)](std::error_code) mutable {
            bool cancelled = false;
            {
                const std::lock_guard waiter_lock(waiter->state->mutex_);
                cancelled = waiter->cancelled;
            }
            waiter.reset();
            auto connected = asio::get_associated_cancellation_slot(handler);
            if (connected.is_connected()) connected.clear();
            std::error_code error;
            if (cancelled) error = asio::error::operation_aborted;
            std::move(handler)(error);
        });
    state->waiter_ = &pending;
    // Completes at once, by way of the executor.
    if (state->first_dirty_ != nullptr || state->ended_) pending.timer.cancel();
}

asio::awaitable<std::vector<RoomNotice>> WatchState::next(std::shared_ptr<WatchState> state) {
    Place place(*state);
    const StartWait start{state, place};
    for (;;) {
        co_await asio::async_initiate<const asio::use_awaitable_t<>, void(std::error_code)>(
            start, asio::use_awaitable);
        const auto cancellation = co_await asio::this_coro::cancellation_state;
        if (cancellation.cancelled() != asio::cancellation_type::none) {
            throw std::system_error(asio::error::operation_aborted);
        }
        auto notices = state->take();
        if (!notices.empty()) co_return notices;
    }
}

}  // namespace detail

RoomWatch::RoomWatch(std::shared_ptr<detail::WatchState> state) : state_(std::move(state)) {}

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
