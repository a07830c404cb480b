#pragma once

#include <functional>
#include <memory>
#include <string>

#include <roomstore/conversation_store.hpp>

namespace chat {

/// Creates the store that `--store` names. Throws UsageError for a name that it does not know.
using StoreFactory =
    std::function<std::shared_ptr<roomstore::ConversationStore>(const std::string& address)>;

/// The whole program around a store: command line, signals, server, reports. Returns the exit
/// status: 0 after SIGINT or SIGTERM, 1 after a failure, 2 for a wrong command line.
int run_application(int argc, char** argv, const StoreFactory& make_store);

}  // namespace chat
