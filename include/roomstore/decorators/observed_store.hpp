#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <asio/awaitable.hpp>

#include "roomstore/conversation_store.hpp"
#include "roomstore/decorators/call_observer.hpp"
#include "roomstore/detail/operations.hpp"

namespace roomstore {

/// Forwards every operation to another store, and reports every call to an observer; also every
/// wait of the watches that `watch_rooms` makes, apart from the calls. `watch_rooms` itself is not
/// reported.
///
/// @par Cost
/// Per call and wait: two steady_clock reads, copies of the room id and one coroutine.
/// @par Errors
/// Those of the other store, unchanged.
/// @ingroup decorators
class ROOMSTORE_SHARED ObservedStore final : public ConversationStore {
public:
    /// Forwards to `inner` and reports to `observer`.
    /// @throws Error (invalid_argument) if one of them is null.
    ObservedStore(std::shared_ptr<ConversationStore> inner, std::shared_ptr<CallObserver> observer);

    asio::awaitable<void> init() override;
    asio::awaitable<void> close() override;

#include "roomstore/detail/declare_operations.inc"

private:
    std::shared_ptr<ConversationStore> inner_;
    std::shared_ptr<CallObserver> observer_;
};

}  // namespace roomstore
