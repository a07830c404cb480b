#pragma once

// The headers of libpqxx that the driver uses. Differences between its releases 7.10 and 8.0 are
// handled here. Our warning flags are stricter than its headers.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wpedantic"
#include <pqxx/connection>
#include <pqxx/except>
#include <pqxx/version>
#pragma GCC diagnostic pop

#include <libpq-fe.h>
