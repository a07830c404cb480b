#pragma once

/// @file
/// The version of the library. This header is the only place where it is written: the build system
/// and the packages read it from here.

/// Changes with the interface, from 1 on.
#define ROOMSTORE_VERSION_MAJOR 0
/// Changes with the interface while the first is 0; then with additions.
#define ROOMSTORE_VERSION_MINOR 1
/// Changes with corrections.
#define ROOMSTORE_VERSION_PATCH 0
/// All three, as text.
#define ROOMSTORE_VERSION_STRING "0.1.0"
/// All three, as a number to compare: 100 for 0.1.0, 10203 for 1.2.3.
#define ROOMSTORE_VERSION \
    (ROOMSTORE_VERSION_MAJOR * 10000 + ROOMSTORE_VERSION_MINOR * 100 + ROOMSTORE_VERSION_PATCH)
