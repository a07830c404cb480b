#pragma once

// The headers of libpqxx that the driver uses. Our warning flags are stricter than they are.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wpedantic"
#include <pqxx/connection>
#include <pqxx/except>
#include <pqxx/nontransaction>
#pragma GCC diagnostic pop

#include <libpq-fe.h>
