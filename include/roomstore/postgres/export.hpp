#pragma once

/// @file
/// Symbol visibility of the shared library `roomstore_postgres`: symbols that are not marked are
/// hidden.

/// Marks a symbol that the shared library exports. Has no effect in the static library.
#if defined(__GNUC__)
#define ROOMSTORE_POSTGRES_EXPORT __attribute__((visibility("default")))
#else
#define ROOMSTORE_POSTGRES_EXPORT
#endif
