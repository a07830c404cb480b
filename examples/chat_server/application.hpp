#pragma once

#include <functional>
#include <memory>
#include <string>

#include <roomstore/conversation_store.hpp>

namespace chat {

/// Makes the store that `--store` names. Throws UsageError where it knows none of that name.
using StoreFactory =
    std::function<std::shared_ptr<roomstore::ConversationStore>(const std::string& address)>;

/// The whole program around a store: command line, signals, server, reports. Returns the exit
/// status: 0 after SIGINT or SIGTERM, 1 where it failed, 2 where the command line is wrong.
int run_application(int argc, char** argv, const StoreFactory& make_store);

}  // namespace chat
