#pragma once

/// The version of the library. This header is the only place where it is written: the build system
/// and the packages read it from here.
#define ROOMSTORE_VERSION_MAJOR 0
#define ROOMSTORE_VERSION_MINOR 1
#define ROOMSTORE_VERSION_PATCH 0
#define ROOMSTORE_VERSION_STRING "0.1.0"
