#pragma once

#include "driver/pqxx_compat.hpp"
#include "driver/row.hpp"

namespace roomstore::postgres {

/// Wraps what libpqxx returned. No text is copied.
Result make_result(pqxx::result result);

}  // namespace roomstore::postgres
