#pragma once

/// @cond
// GCC 12 copies the members of a struct that is initialised beside a co_await, in the same full
// expression, byte by byte into the frame of the coroutine and destroys them and the originals.
// Every struct here that owns memory therefore has one member more for that compiler: it takes no
// room, and its default value is made from a list, which GCC 12 refuses beside a co_await with
// "array used as initializer". So the broken expression does not compile, while everything else
// does: a named struct, one that a function returns, and one made where nothing is awaited.
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13

#include <initializer_list>

namespace roomstore::detail {

class AwaitGuard {
public:
    // The destructor is what keeps the list out of read-only memory, where GCC would accept it.
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
