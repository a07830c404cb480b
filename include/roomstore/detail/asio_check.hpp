#pragma once

// asio decides whether the C++ library can allocate aligned memory by a macro that any standard
// header defines. Where none came before it, it takes operator new instead, and what one file of a
// program allocates, another releases with the wrong function. So every header of ours includes a
// standard header before asio, the CMake target and roomstore.pc define the answer, and a file that
// includes asio first of all, without them, is refused here.
#include <cstddef>

#include <asio/detail/config.hpp>
#include <asio/version.hpp>

#if defined(_GLIBCXX_HAVE_ALIGNED_ALLOC) && !defined(ASIO_HAS_STD_ALIGNED_ALLOC)
#error \
    "asio was included before any standard header and allocates otherwise than roomstore does: define ASIO_HAS_STD_ALIGNED_ALLOC=1 for the whole program, as roomstore's CMake target and roomstore.pc do, or include <cstddef> before asio"
#endif

#define ROOMSTORE_JOIN_EXPANDED(a, b) a##b
#define ROOMSTORE_JOIN(a, b) ROOMSTORE_JOIN_EXPANDED(a, b)
#define ROOMSTORE_COMPILED_WITH_ASIO ROOMSTORE_JOIN(compiled_with_asio_, ASIO_VERSION)

namespace roomstore::detail {

// Coroutines of the compiled library run on those of the program, and asio promises no binary
// compatibility: a program that has another asio than its roomstore::roomstore must not link. The
// linker then names this symbol. roomstore::header_only works with any asio.
extern const char ROOMSTORE_COMPILED_WITH_ASIO;
[[gnu::used]] static const char* const compiled_with_asio = &ROOMSTORE_COMPILED_WITH_ASIO;

}  // namespace roomstore::detail
