#pragma once

#include <memory>

#include "contract/harness.hpp"
#include "support/builders.hpp"
#include "support/errors.hpp"
#include "support/printers.hpp"
#include "support/run.hpp"

namespace roomstore::contract {

using namespace roomstore::test;

/// A store of the backend under test without data; `init()` has been called.
std::shared_ptr<ConversationStore> fresh_store(Limits limits = {});

/// A store of the backend under test without data; `init()` has not been called.
std::shared_ptr<ConversationStore> uninitialised_store();

/// A second store over the data of `store`, after `init()`; null if the backend is not durable.
std::shared_ptr<ConversationStore> reopened(const ConversationStore& store);

/// A fresh store with one empty room, `room`.
std::shared_ptr<ConversationStore> store_with_room();

}  // namespace roomstore::contract
