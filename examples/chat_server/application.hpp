#pragma once

#include <functional>
#include <memory>

#include <roomstore/conversation_store.hpp>

#include "options.hpp"

namespace chat {

/// Creates the store that the options name. Throws UsageError if it cannot.
using StoreFactory =
    std::function<std::shared_ptr<roomstore::ConversationStore>(const Options& options)>;

/// The whole program around a store: command line, signals, server, reports. Returns the exit
/// status: 0 after SIGINT or SIGTERM, 1 after a failure, 2 for a wrong command line.
int run_application(int argc, char** argv, const StoreFactory& make_store);

}  // namespace chat
