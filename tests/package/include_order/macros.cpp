// clang-format off
#include <algorithm>
#include <chrono>
#include <limits>
#include <random>

#include <nlohmann/json.hpp>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>

// Standard headers that none of the above includes are needed here, since they may not compile
// after the macros.
#include <charconv>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

#define min(a, b) (((a) < (b)) ? (a) : (b))
#define max(a, b) (((a) > (b)) ? (a) : (b))

#include <roomstore/decorators/forwarding_store.hpp>
#include <roomstore/decorators/observed_store.hpp>
#include <roomstore/roomstore.hpp>
