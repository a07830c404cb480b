#pragma once

/// @file
/// For tests of programs that use a store. Not included by `roomstore.hpp`.

#include <cstddef>
#include <utility>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/use_future.hpp>

#include "roomstore/decorators/failing_store.hpp"
#include "roomstore/detail/asio_check.hpp"

namespace roomstore {

/// Runs `call` on a context of its own, and returns when it has ended: for tests that are no
/// coroutines.
///
/// @code
/// const auto room = roomstore::run(store.get_room("lobby"));
/// @endcode
///
/// A call that `FailingStore` holds ends only if another thread releases it.
/// @returns the result of the call
/// @throws what the call throws
/// @ingroup testing
template <typename T>
T run(asio::awaitable<T> call) {
    asio::io_context context;
    auto result = asio::co_spawn(context, std::move(call), asio::use_future);
    context.run();
    return result.get();
}

}  // namespace roomstore
