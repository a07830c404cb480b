#pragma once

#include <utility>

/// Helpers for the definitions that are generated from `operations.inc`.
namespace roomstore::detail {

/// Calls `function` with `arguments`, which it may move from.
template <typename Function, typename... Arguments>
decltype(auto) call_with_moved(Function function, Arguments&... arguments) {
    return function(std::move(arguments)...);
}

}  // namespace roomstore::detail

/// Passes a type that contains a comma as one macro argument.
#define ROOMSTORE_RESULT(...) __VA_ARGS__
