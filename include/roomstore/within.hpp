#pragma once

#include <chrono>
#include <cstddef>
#include <exception>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/error.hpp>
#include <asio/experimental/parallel_group.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include "roomstore/detail/asio_check.hpp"
#include "roomstore/error.hpp"

namespace roomstore {

namespace detail {

/// Throws the error of a call again, as `timeout` if it was cancelled because its time was over.
[[noreturn]] inline void rethrow_within(const std::exception_ptr& error,
                                        bool time_was_over,
                                        std::chrono::steady_clock::duration limit) {
    try {
        std::rethrow_exception(error);
    } catch (const std::system_error& caught) {
        if (!time_was_over || caught.code() != asio::error::operation_aborted) throw;
    }
    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(limit);
    throw Error(errc::timeout,
                "within: the call was cancelled after " + std::to_string(milliseconds.count()) +
                    " ms, and has stored nothing");
}

}  // namespace detail

/// A deadline for one call, or for any other coroutine: awaits `call`, and cancels it after
/// `limit`.
///
/// @code
/// auto room = co_await roomstore::within(std::chrono::seconds{1}, store.get_room("lobby"));
/// @endcode
///
/// Returns when the call has ended: a call that can no longer be cancelled, because its COMMIT has
/// been sent, goes on and gives its true result. Cancelling the caller cancels the call too.
/// @param call   not yet awaited
/// @param limit  from now on. Of a call to the PostgreSQL store, the deadline of the store applies
///               as well (`PostgresOptions::deadline`).
/// @throws Error timeout, if the call was cancelled for this reason: nothing was stored. Otherwise
///         what the call throws.
/// @ingroup stores
template <typename T>
asio::awaitable<T> within(std::chrono::steady_clock::duration limit, asio::awaitable<T> call) {
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor, limit);
    // Lambdas, because asio 1.22 and newer releases have no other form of operation in common.
    auto both = asio::experimental::make_parallel_group(
        [&](auto token) { return asio::co_spawn(executor, std::move(call), std::move(token)); },
        [&](auto token) { return timer.async_wait(std::move(token)); });
    auto ended = co_await std::move(both).async_wait(asio::experimental::wait_for_one(),
                                                     asio::use_awaitable);
    const std::exception_ptr error = std::get<1>(ended);
    const bool time_was_over = !std::get<std::tuple_size_v<decltype(ended)> - 1>(ended);
    if (error) detail::rethrow_within(error, time_was_over, limit);
    if constexpr (!std::is_void_v<T>) co_return std::move(std::get<2>(ended));
}

}  // namespace roomstore
