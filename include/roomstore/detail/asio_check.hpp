#pragma once

// asio detects aligned allocation in the C++ library by a macro that every standard header defines.
// If no standard header was included before asio, it uses operator new instead, and memory
// allocated in one source file of a program is released with the wrong function in another.
// Therefore every roomstore header includes a standard header before asio, the CMake target and
// roomstore.pc define asio's macro, and a source file that includes asio first, without that
// definition, is rejected here.
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

// The coroutines of the compiled library interoperate with those of the program, and asio does not
// guarantee binary compatibility: a program with another asio version than its roomstore::roomstore
// must not link. The linker then reports this symbol as undefined. roomstore::header_only works
// with any asio.
extern const char ROOMSTORE_COMPILED_WITH_ASIO;
[[gnu::used]] static const char* const compiled_with_asio = &ROOMSTORE_COMPILED_WITH_ASIO;

}  // namespace roomstore::detail
