#pragma once

/// @file
/// What a shared `roomstore_postgres` shows to its users; everything else is hidden.

/// Marks a symbol that a shared library exports. Means nothing to a static one.
#if defined(__GNUC__)
#define ROOMSTORE_POSTGRES_EXPORT __attribute__((visibility("default")))
#else
#define ROOMSTORE_POSTGRES_EXPORT
#endif
