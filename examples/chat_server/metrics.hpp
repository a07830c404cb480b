#pragma once

#include <cstdint>
#include <memory>

#include <roomstore/conversation_store.hpp>

namespace chat {

/// Wraps `store` so that its calls are counted. The counters are served to Prometheus on the port
/// of 127.0.0.1 (0: a free one, which is printed) for as long as the result lives. Throws
/// UsageError in a build without prometheus-cpp.
std::shared_ptr<roomstore::ConversationStore> with_metrics(
    std::shared_ptr<roomstore::ConversationStore> store,
    std::uint16_t port);

}  // namespace chat
