#pragma once

/// Marks what has to be one and the same in a program and in every shared library of it, also where
/// those are compiled with hidden visibility: types that are thrown, and objects whose address
/// counts.
#if defined(__GNUC__)
#define ROOMSTORE_SHARED __attribute__((visibility("default")))
#else
#define ROOMSTORE_SHARED
#endif
