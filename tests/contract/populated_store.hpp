#pragma once

#include <memory>

#include "contract/fixture.hpp"

namespace roomstore::contract {

/// A store in which every operation finds something: the fully populated models of
/// `populated.hpp`, with the identities `identity` and `other identity`, and a room `other room`.
std::shared_ptr<ConversationStore> populated_store(Limits limits = {});

/// All that the store holds, read through its interface; equal dumps mean that nothing changed.
/// Identities cannot be listed: the two of `populated_store` are looked up.
Json dump(ConversationStore& store);

}  // namespace roomstore::contract
