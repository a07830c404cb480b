#pragma once

// All of libpqxx that the driver uses, in one place: what differs between its releases 7.10 and 8.0
// is bridged here. Our flags are stricter than its headers.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wpedantic"
#include <pqxx/connection>
#include <pqxx/except>
#include <pqxx/version>
#pragma GCC diagnostic pop

#include <libpq-fe.h>
