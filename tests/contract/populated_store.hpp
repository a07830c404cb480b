#pragma once

#include <memory>

#include "contract/fixture.hpp"

namespace roomstore::contract {

/// A store with a row for every operation: the fully populated models of `populated.hpp`, the
/// identities `identity` and `other identity`, and a room `other room`.
std::shared_ptr<ConversationStore> populated_store(Limits limits = {});

/// All data of the store, read through its interface; equal dumps mean that nothing changed.
/// Identities cannot be listed; only the two of `populated_store` are read.
Json dump(ConversationStore& store);

}  // namespace roomstore::contract
