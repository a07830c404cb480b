#pragma once

/// @file
/// The version of the library. It is defined only in this header: the build system and the packages
/// read it from here.

/// From 1 on: incremented for incompatible changes of the interface.
#define ROOMSTORE_VERSION_MAJOR 0
/// Incremented for incompatible changes while the major version is 0, afterwards for additions.
#define ROOMSTORE_VERSION_MINOR 1
/// Incremented for fixes.
#define ROOMSTORE_VERSION_PATCH 0
/// The full version as text.
#define ROOMSTORE_VERSION_STRING "0.1.0"
/// The full version as a comparable number: 100 for 0.1.0, 10203 for 1.2.3.
#define ROOMSTORE_VERSION \
    (ROOMSTORE_VERSION_MAJOR * 10000 + ROOMSTORE_VERSION_MINOR * 100 + ROOMSTORE_VERSION_PATCH)
