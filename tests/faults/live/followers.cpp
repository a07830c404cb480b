#include "faults/live/followers.hpp"

#include <stdexcept>
#include <system_error>

#include <asio/any_io_executor.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/error.hpp>
#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include "roomstore/error.hpp"
#include "roomstore/room_feed.hpp"
#include "support/run.hpp"

namespace roomstore::test::live {

asio::awaitable<RoomChanges> FailingReads::list_changes(std::string room_id, ChangesQuery query) {
    if (fails_ && ++reads_ % 10 == 0) {
        ++counts_.failed;
        // After the answer, as if it had been lost on the way, or before the call.
        if (reads_ % 20 == 0) {
            auto reading = ForwardingStore::list_changes(std::move(room_id), query);
            const RoomChanges lost = co_await std::move(reading);
        }
        throw Error(errc::unavailable, "this read fails");
    }
    auto reading = ForwardingStore::list_changes(std::move(room_id), query);
    co_return co_await std::move(reading);
}

void Replica::apply(const RoomChanges& changes, Counts& counts) {
    ++counts.answers;
    if (changes.reset) {
        ++counts.resets;
        Replica fresh;
        fresh.problems_ = std::move(problems_);
        fresh.repeated_ = std::move(repeated_);
        *this = std::move(fresh);
    }
    std::erase_if(events_, [&](const auto& each) { return each.first < changes.first_index; });
    for (const auto& event : changes.deleted) {
        const auto found = events_.find(event.index);
        if (found != events_.end() && found->second.id != event.id) {
            problem("another event deleted", event.id);
        }
        if (!gone_.insert(event.id).second) problem("deleted twice", event.id);
        if (found != events_.end()) events_.erase(found);
    }
    for (const auto& event : changes.updated) put(event, counts);
    for (const auto& event : changes.added) {
        if (event.index <= last_added_) problem("added out of order", event.id);
        last_added_ = event.index;
        put(event, counts);
    }
    if (!changes.exists) events_.clear();
}

// The text is the number of the state.
void Replica::put(const RoomEvent& event, Counts& counts) {
    ++counts.states;
    const int state = std::stoi(event.content.get_if<TextContent>()->body);
    const auto seen = seen_.find(event.id);
    if (seen != seen_.end() && state < seen->second) problem("seen out of order", event.id);
    if (seen != seen_.end() && state == seen->second) repeated_.emplace(event.id, state);
    if (gone_.contains(event.id)) problem("seen after it was deleted", event.id);
    seen_[event.id] = state;
    events_.insert_or_assign(event.index, event);
}

void Replica::problem(const char* what, const std::string& id) {
    problems_.push_back(std::string(what) + ": " + id);
}

namespace {

/// Emits the signal after it was posted `steps` times.
void cancel_after(const asio::any_io_executor& executor,
                  std::shared_ptr<asio::cancellation_signal> signal,
                  unsigned steps) {
    asio::post(executor, [executor, signal = std::move(signal), steps] {
        if (steps != 0) return cancel_after(executor, signal, steps - 1);
        signal->emit(asio::cancellation_type::terminal);
    });
}

}  // namespace

asio::awaitable<void> follow(ConversationStore& store,
                             Follower& follower,
                             bool cancels,
                             std::int64_t limit,
                             Counts& counts) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    FeedOptions options;
    options.limit = limit;
    RoomFeed feed(store, follower.room_id, {}, options);
    for (unsigned calls = 0;; ++calls) {
        std::error_code failed;
        try {
            const auto signal = std::make_shared<asio::cancellation_signal>();
            if (cancels && calls % 2 == 1) cancel_after(executor, signal, calls % 13);
            auto call = feed.next();
            auto token = asio::bind_cancellation_slot(signal->slot(), asio::use_awaitable);
            const RoomChanges changes = co_await asio::co_spawn(executor, std::move(call), token);
            const std::lock_guard lock(follower.mutex);
            follower.replica.apply(changes, counts);
        } catch (const std::system_error& error) {
            failed = error.code();
        }
        if (!failed) continue;
        if (failed == asio::error::operation_aborted) {
            ++counts.cancelled;
        } else if (failed != errc::unavailable) {
            const std::lock_guard lock(follower.mutex);
            follower.ended = failed.message();
            co_return;
        }
    }
}

std::map<std::int64_t, RoomEvent> stored_events(ConversationStore& store, const std::string& room) {
    std::map<std::int64_t, RoomEvent> stored;
    ChangesQuery query;
    query.limit = 1000;
    for (;;) {
        const auto changes = run(store.list_changes(room, query));
        for (const auto* list : {&changes.updated, &changes.added}) {
            for (const auto& event : *list) stored.insert_or_assign(event.index, event);
        }
        query.since = changes.cursor;
        if (!changes.more) break;
    }
    std::map<std::int64_t, RoomEvent> listed;
    EventQuery page;
    page.limit = 1000;
    for (;;) {
        const auto events = run(store.list_events(room, page));
        for (const auto& event : events) listed.emplace(event.index, event);
        if (events.size() < 1000) break;
        page.after_index = events.back().index;
    }
    if (stored != listed) throw std::logic_error("list_events and list_changes differ: " + room);
    return listed;
}

}  // namespace roomstore::test::live
