#pragma once

/// Marks types and objects that must be unique across a program and its shared libraries, even if
/// these are compiled with hidden visibility: types that are thrown, and objects that are compared
/// by address.
#if defined(__GNUC__)
#define ROOMSTORE_SHARED __attribute__((visibility("default")))
#else
#define ROOMSTORE_SHARED
#endif
