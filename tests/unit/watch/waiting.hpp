#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <asio/awaitable.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/co_spawn.hpp>
#include <asio/error.hpp>
#include <asio/this_coro.hpp>

#include "roomstore/error.hpp"
#include "roomstore/watch.hpp"

namespace roomstore::test {

/// A call that a test makes and looks at while it waits.
template <typename T>
class Waiting {
public:
    /// The call begins when its execution context runs.
    template <typename Executor>
    Waiting(const Executor& executor, asio::awaitable<T> call) {
        asio::co_spawn(executor,
                       with_all_cancellation_types(std::move(call)),
                       asio::bind_cancellation_slot(
                           state_->signal.slot(),
                           [state = state_](const std::exception_ptr& failure, T result) {
                               state->ended = true;
                               if (failure) {
                                   state->fail(failure);
                               } else {
                                   state->result = std::move(result);
                               }
                           }));
    }

    void cancel(asio::cancellation_type type = asio::cancellation_type::terminal) {
        state_->signal.emit(type);
    }

    bool ended() const { return state_->ended; }
    bool aborted() const { return ended() && code() == asio::error::operation_aborted; }
    bool failed(errc expected) const { return ended() && code() == make_error_code(expected); }
    std::error_code code() const { return state_->code; }
    const std::optional<T>& result() const { return state_->result; }

private:
    struct State {
        asio::cancellation_signal signal;
        bool ended = false;
        std::optional<T> result;
        std::error_code code;

        void fail(const std::exception_ptr& failure) {
            try {
                std::rethrow_exception(failure);
            } catch (const std::system_error& error) {
                code = error.code();
            }
        }
    };

    static asio::awaitable<T> with_all_cancellation_types(asio::awaitable<T> call) {
        co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
        co_return co_await std::move(call);
    }

    std::shared_ptr<State> state_ = std::make_shared<State>();
};

template <typename Executor, typename T>
Waiting(const Executor&, asio::awaitable<T>) -> Waiting<T>;

using Rooms = std::vector<std::string>;

inline Rooms rooms_of(const std::vector<RoomNotice>& notices) {
    Rooms rooms;
    for (const RoomNotice& notice : notices) rooms.push_back(notice.room_id);
    return rooms;
}

/// The rooms that a call of `next()` has reported; "waits" or "fails" if it has reported none.
inline Rooms reported(const Waiting<std::vector<RoomNotice>>& call) {
    if (!call.ended()) return {"waits"};
    if (!call.result()) return {"fails"};
    return rooms_of(*call.result());
}

}  // namespace roomstore::test
