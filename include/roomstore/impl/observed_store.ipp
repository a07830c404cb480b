#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include "roomstore/decorators/observed_store.hpp"
#include "roomstore/detail/not_null.hpp"
#include "roomstore/error.hpp"
#include "roomstore/watch.hpp"

namespace roomstore {

namespace detail {

/// An awaitable does nothing before it is awaited: the clock starts first.
template <typename T>
asio::awaitable<T> observe(std::shared_ptr<CallObserver> observer,
                           const char* operation,
                           std::string room_id,
                           asio::awaitable<T> call) {
    const auto started = std::chrono::steady_clock::now();
    const auto tell = [&](std::error_code error) {
        const auto duration = std::chrono::steady_clock::now() - started;
        observer->on_call({operation, room_id, duration, error});
    };
    try {
        if constexpr (std::is_void_v<T>) {
            co_await std::move(call);
            tell({});
        } else {
            T result = co_await std::move(call);
            tell({});
            co_return result;
        }
    } catch (const std::system_error& error) {
        tell(error.code());
        throw;
    } catch (...) {
        tell(make_error_code(errc::internal));
        throw;
    }
}

inline asio::awaitable<std::vector<RoomNotice>> observe_wait(
    std::shared_ptr<CallObserver> observer,
    asio::awaitable<std::vector<RoomNotice>> wait) {
    const auto started = std::chrono::steady_clock::now();
    const auto tell = [&](std::size_t rooms, std::error_code error) {
        const auto duration = std::chrono::steady_clock::now() - started;
        observer->on_wait({rooms, duration, error});
    };
    try {
        auto notices = co_await std::move(wait);
        tell(notices.size(), {});
        co_return notices;
    } catch (const std::system_error& error) {
        tell(0, error.code());
        throw;
    } catch (...) {
        tell(0, make_error_code(errc::internal));
        throw;
    }
}

class ObservedWatch final : public RoomWatch {
public:
    ObservedWatch(std::shared_ptr<RoomWatch> inner, std::shared_ptr<CallObserver> observer)
        : RoomWatch(inner), inner_(std::move(inner)), observer_(std::move(observer)) {}

    asio::awaitable<std::vector<RoomNotice>> next() override {
        return observe_wait(observer_, inner_->next());
    }

private:
    const std::shared_ptr<RoomWatch> inner_;
    const std::shared_ptr<CallObserver> observer_;
};

}  // namespace detail

ObservedStore::ObservedStore(std::shared_ptr<ConversationStore> inner,
                             std::shared_ptr<CallObserver> observer)
    : inner_(detail::not_null(std::move(inner), "ObservedStore.inner")),
      observer_(detail::not_null(std::move(observer), "ObservedStore.observer")) {}

asio::awaitable<void> ObservedStore::init() {
    return detail::observe(observer_, "init", {}, inner_->init());
}

asio::awaitable<void> ObservedStore::close() {
    return detail::observe(observer_, "close", {}, inner_->close());
}

std::shared_ptr<RoomWatch> ObservedStore::watch_rooms(WatchOptions options) {
    return std::make_shared<detail::ObservedWatch>(inner_->watch_rooms(std::move(options)),
                                                   observer_);
}

#define ROOMSTORE_DEFAULT(...)
#define ROOMSTORE_OPERATION(kind, result, name, room, parameters, ...)                       \
    asio::awaitable<result> ObservedStore::name parameters {                                 \
        std::string observed_room(room);                                                     \
        auto call = detail::call_with_moved([this](auto&&... given) {                        \
            return inner_->name(std::move(given)...);                                        \
        } __VA_OPT__(, ) __VA_ARGS__);                                                       \
        return detail::observe(observer_, #name, std::move(observed_room), std::move(call)); \
    }
#include "roomstore/detail/operations.inc"

}  // namespace roomstore
