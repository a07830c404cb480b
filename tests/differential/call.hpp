#pragma once

#include <cstddef>
#include <string>
#include <tuple>
#include <utility>

#include "differential/code.hpp"
#include "differential/operation.hpp"
#include "differential/outcome.hpp"
#include "differential/test_code.hpp"
#include "differential/values.hpp"
#include "differential/vary.hpp"

/// Makes an `Operation` of a member function of `ConversationStore` and its arguments.
namespace roomstore::differential {

template <typename Call, typename... Args>
Operation with_arguments(const char* name, Call call, std::tuple<Args...> arguments) {
    const auto made = [call, arguments](ConversationStore& store) {
        return std::apply([&](const auto&... each) { return call(store, each...); }, arguments);
    };
    const auto write = [name, made, arguments](ConversationStore& store) {
        CallCode code{.name = name};
        std::apply([&](const auto&... each) { (code.add(typed_code(each)), ...); }, arguments);
        return write_check(made(store), std::move(code));
    };
    return {.name = name,
            .run = [made](ConversationStore& store) { return outcome_of(made(store)); },
            .write = write,
            .varied = nullptr};
}

/// `draw` returns a tuple of arguments.
template <typename Call, typename Draw, typename... Args>
Operation with_drawn(const char* name, Call call, Draw draw, std::tuple<Args...> arguments) {
    auto operation = with_arguments(name, call, arguments);
    operation.varied = [=](Values& v) {
        auto changed = arguments;
        vary_one(v, changed, draw(v));
        return with_drawn(name, call, draw, std::move(changed));
    };
    return operation;
}

template <typename Call, typename Draw>
Operation drawn(const char* name, Call call, Draw draw, Values& values) {
    return with_drawn(name, call, draw, draw(values));
}

}  // namespace roomstore::differential

// An overloaded or defaulted member cannot be named as a pointer without spelling its type.
#define ROOMSTORE_CALL(name) \
    [](ConversationStore& callee, auto... given) { return callee.name(std::move(given)...); }

/// A call with these arguments, which are never varied.
#define ROOMSTORE_FIXED(name, ...) \
    with_arguments(#name, ROOMSTORE_CALL(name), std::tuple{__VA_ARGS__})

/// A call with arguments that `draw` makes from random values, at first from `values`.
#define ROOMSTORE_DRAWN_BY(name, draw) with_drawn(#name, ROOMSTORE_CALL(name), draw, draw(values))

/// Like ROOMSTORE_DRAWN_BY, with arguments that are expressions of `v`. Braces evaluate them from
/// left to right, so that a seed gives the same sequence with every compiler.
#define ROOMSTORE_DRAWN(name, ...) \
    drawn(#name, ROOMSTORE_CALL(name), [](Values& v) { return std::tuple{__VA_ARGS__}; }, values)
