#pragma once

/// @cond
// If a struct is initialised in the same full expression as a co_await, GCC 12 copies its members
// byte by byte into the coroutine frame and destroys both the copies and the originals. Every
// struct of this library that owns memory therefore has an additional member for that compiler. It
// takes no space, and its default value is constructed from an initializer list, which GCC 12
// rejects in an expression with a co_await ("array used as initializer"). So the affected
// expressions do not compile, while all others do: a named struct, one returned by a function, and
// one created in an expression without a co_await.
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13

#include <initializer_list>

namespace roomstore::detail {

class AwaitGuard {
public:
    // The destructor keeps the list out of read-only memory; GCC would accept it there.
    class Element {
    public:
        Element(int /*any*/) noexcept {}
        Element(const Element&) noexcept {}
        Element& operator=(const Element&) = delete;
        ~Element() {}
    };

    AwaitGuard(std::initializer_list<Element> /*list*/) noexcept {}
    bool operator==(const AwaitGuard&) const = default;
};

}  // namespace roomstore::detail

#define ROOMSTORE_AWAIT_GUARD \
    [[no_unique_address]] ::roomstore::detail::AwaitGuard await_guard = {0}

#else

#define ROOMSTORE_AWAIT_GUARD static_assert(true)

#endif
/// @endcond
