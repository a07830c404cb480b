#pragma once

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

#include "roomstore/conversation_store.hpp"
#include "roomstore/detail/normalize.hpp"
#include "roomstore/detail/refusals.hpp"

namespace roomstore {

const char detail::ROOMSTORE_COMPILED_WITH_ASIO = 0;

ConversationStore::ConversationStore() = default;
ConversationStore::~ConversationStore() = default;

asio::awaitable<RoomEvent> ConversationStore::add_event_auto_index(std::string room_id,
                                                                   RoomEvent event) {
    if (event.room_id != room_id) {
        throw Error(errc::invalid_argument, "RoomEvent.room_id: differs from room_id");
    }
    detail::normalize_idempotency_key(event);
    constexpr std::string_view operation = "add_event_auto_index";
    constexpr int max_attempts = 64;
    for (int attempt = 0; attempt < max_attempts; ++attempt) {
        const auto room = co_await get_room(room_id);
        if (!room) throw detail::no_room(operation, room_id);
        // The newest event may have been deleted; the room's counters still hold its index.
        const auto newest = co_await list_events(room_id, {.limit = 1, .newest_first = true});
        std::int64_t last = room->event_count > 0 ? room->latest_index : -1;
        if (!newest.empty()) last = (std::max)(last, newest.back().index);
        if (last < (std::numeric_limits<std::int64_t>::max)() - 1) {
            event.index = last + 1;
        } else {
            // An event that is stored already needs no index.
            event.index = last;
            auto stored = co_await get_event(room_id, event.id);
            if (!stored && event.idempotency_key) {
                stored = co_await get_event_by_idempotency_key(room_id, *event.idempotency_key);
            }
            if (!stored) throw detail::no_index_left(operation, room_id);
        }
        try {
            co_return co_await add_event(event);
        } catch (const Error& error) {
            if (error.code() != errc::conflict) throw;
        }
    }
    throw detail::refusal(errc::conflict,
                          operation,
                          "too many concurrent appends to " + detail::named("room", room_id));
}

asio::awaitable<RoomEvent> ConversationStore::append(RoomEvent event) {
    auto room_id = event.room_id;
    return add_event_auto_index(std::move(room_id), std::move(event));
}

asio::awaitable<std::vector<RoomEvent>> ConversationStore::get_conversation(
    std::string room_id,
    ConversationQuery query) {
    EventQuery events{.limit = query.limit,
                      .after_index = query.after_index,
                      .before_index = query.before_index,
                      .newest_first = true};
    events.filter.event_types = {EventType::message};
    return list_events(std::move(room_id), std::move(events));
}

asio::awaitable<std::vector<RoomEvent>> ConversationStore::get_timeline(std::string room_id,
                                                                        TimelineQuery query) {
    return list_events(std::move(room_id),
                       EventQuery{.limit = query.limit,
                                  .after_index = query.after_index,
                                  .before_index = query.before_index,
                                  .newest_first = query.newest_first,
                                  .filter = std::move(query.filter)});
}

}  // namespace roomstore
