#pragma once

/// @file
/// For tests of programs that use a store. Not included by `roomstore.hpp`.

#include <chrono>
#include <cstddef>
#include <future>
#include <stdexcept>
#include <utility>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/use_future.hpp>

#include "roomstore/decorators/failing_store.hpp"
#include "roomstore/detail/asio_check.hpp"

namespace roomstore {

/// Runs `call` on a context of its own until it ends: for tests that are no coroutines.
///
/// @code
/// const auto room = roomstore::run(store.get_room("lobby"));
/// @endcode
/// @returns the result of the call
/// @throws std::logic_error if the call waits for something that only other work of its context
///         could bring, such as the release of a call that `FailingStore` holds; otherwise what the
///         call throws.
/// @ingroup testing
template <typename T>
T run(asio::awaitable<T> call) {
    asio::io_context context;
    auto result = asio::co_spawn(context, std::move(call), asio::use_future);
    context.run();
    if (result.wait_for(std::chrono::seconds{0}) != std::future_status::ready) {
        throw std::logic_error("roomstore::run: the call never ends");
    }
    return result.get();
}

}  // namespace roomstore
