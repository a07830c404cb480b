#pragma once

#include <utility>

#include "roomstore/decorators/forwarding_store.hpp"
#include "roomstore/detail/not_null.hpp"

namespace roomstore {

ForwardingStore::ForwardingStore(std::shared_ptr<ConversationStore> inner)
    : inner_(detail::not_null(std::move(inner), "ForwardingStore.inner")) {}

asio::awaitable<void> ForwardingStore::init() { return inner_->init(); }

asio::awaitable<void> ForwardingStore::close() { return inner_->close(); }

std::shared_ptr<RoomWatch> ForwardingStore::watch_rooms(WatchOptions options) {
    return inner_->watch_rooms(std::move(options));
}

#define ROOMSTORE_DEFAULT(...)
#define ROOMSTORE_OPERATION(kind, result, name, room_id, parameters, ...) \
    asio::awaitable<result> ForwardingStore::name parameters {            \
        return detail::call_with_moved([this](auto&&... given) {          \
            return inner_->name(std::move(given)...);                     \
        } __VA_OPT__(, ) __VA_ARGS__);                                    \
    }
#include "roomstore/detail/operations.inc"

}  // namespace roomstore
