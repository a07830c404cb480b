#pragma once

#include <utility>

#include "roomstore/memory/detail/engine.hpp"
#include "roomstore/memory/in_memory_store.hpp"

namespace roomstore {

InMemoryStore::InMemoryStore(InMemoryOptions options)
    : engine_(std::make_unique<detail::memory::Engine>(options.limits)) {}

InMemoryStore::~InMemoryStore() = default;

asio::awaitable<void> InMemoryStore::init() {
    engine_->init();
    co_return;
}

asio::awaitable<void> InMemoryStore::close() {
    engine_->close();
    co_return;
}

std::shared_ptr<RoomWatch> InMemoryStore::watch_rooms(WatchOptions options) {
    return engine_->watch_rooms(std::move(options.rooms));
}

#define ROOMSTORE_DEFAULT(...)
#define ROOMSTORE_OPERATION(kind, result, name, room_id, parameters, ...) \
    asio::awaitable<result> InMemoryStore::name parameters {              \
        engine_->open_validator().name(__VA_ARGS__);                      \
        engine_->continue_removals();                                     \
        co_return detail::call_with_moved([this](auto&&... given) {       \
            return engine_->name(std::move(given)...);                    \
        } __VA_OPT__(, ) __VA_ARGS__);                                    \
    }
#include "roomstore/detail/operations.inc"

}  // namespace roomstore
