#pragma once

#include <utility>

#include "roomstore/event_pager.hpp"

namespace roomstore {

EventPager::EventPager(ConversationStore& store, std::string room_id, PagerOptions options)
    : store_(&store),
      room_id_(std::move(room_id)),
      options_(std::move(options)),
      first_(options_.index),
      past_(options_.index) {}

EventPager::EventPager(ConversationStore& store, std::string room_id)
    : EventPager(store, std::move(room_id), PagerOptions()) {}

asio::awaitable<std::vector<RoomEvent>> EventPager::newest(std::int64_t limit) {
    const EventQuery query{.limit = limit, .newest_first = true, .filter = options_.filter};
    auto events = co_await store_->list_events(room_id_, query);
    past_ = events.empty() ? 0 : events.back().index + 1;
    first_ = past_;
    co_return events;
}

asio::awaitable<std::vector<RoomEvent>> EventPager::older() {
    std::vector<RoomEvent> events;
    if (first_) {
        const EventQuery query{
            .limit = options_.limit, .before_index = *first_, .filter = options_.filter};
        events = co_await store_->list_events(room_id_, query);
    } else {
        events = co_await newest(options_.limit);
    }
    if (!events.empty()) first_ = events.front().index;
    at_oldest_ = static_cast<std::int64_t>(events.size()) < options_.limit;
    co_return events;
}

asio::awaitable<std::vector<RoomEvent>> EventPager::newer() {
    std::vector<RoomEvent> events;
    if (!past_) {
        // Finds the end of the room; what it reads is for `older` to give.
        [[maybe_unused]] const auto last = co_await newest(1);
        co_return events;
    }
    EventQuery query{.limit = options_.limit, .filter = options_.filter};
    if (*past_ > 0) query.after_index = *past_ - 1;
    events = co_await store_->list_events(room_id_, query);
    if (!events.empty()) past_ = events.back().index + 1;
    co_return events;
}

}  // namespace roomstore
