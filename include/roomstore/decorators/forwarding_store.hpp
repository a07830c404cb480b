#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <asio/awaitable.hpp>

#include "roomstore/conversation_store.hpp"
#include "roomstore/detail/operations.hpp"

namespace roomstore {

/// Forwards every operation to another store. Base class for stores that change or observe some of
/// its operations. `ConversationStore::get_conversation` and `ConversationStore::get_timeline` are
/// forwarded as `list_events`.
/// @ingroup decorators
class ROOMSTORE_SHARED ForwardingStore : public ConversationStore {
public:
    /// Forwards to `inner`.
    /// @throws Error (invalid_argument) if `inner` is null.
    explicit ForwardingStore(std::shared_ptr<ConversationStore> inner);

    asio::awaitable<void> init() override;
    asio::awaitable<void> close() override;

#include "roomstore/detail/declare_operations.inc"

protected:
    /// The store that operations are forwarded to.
    ConversationStore& inner() const noexcept { return *inner_; }

private:
    std::shared_ptr<ConversationStore> inner_;
};

}  // namespace roomstore
