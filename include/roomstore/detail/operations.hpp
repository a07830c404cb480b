#pragma once

#include <utility>

/// What the definitions made from `operations.inc` share.
namespace roomstore::detail {

/// Calls `function` with `arguments`, which it may move from.
template <typename Function, typename... Arguments>
decltype(auto) call_with_moved(Function function, Arguments&... arguments) {
    return function(std::move(arguments)...);
}

}  // namespace roomstore::detail

/// A type that contains a comma, as an argument of a macro.
#define ROOMSTORE_RESULT(...) __VA_ARGS__
