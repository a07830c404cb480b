#pragma once

#include <memory>

#include "roomstore/conversation_store.hpp"
#include "roomstore/query.hpp"

/// The tests that every backend has to pass.
namespace roomstore::contract {

/// A backend under test. Whoever writes one derives from this class, defines `make_backend()`, and
/// links `roomstore::contract_tests`, which brings every test and Catch2's main:
/// @code
/// class MyBackend final : public roomstore::contract::Backend {
/// public:
///     std::shared_ptr<roomstore::ConversationStore> make_store(roomstore::Limits limits) override
///     {
///         return std::make_shared<MyStore>(limits);
///     }
/// };
///
/// std::unique_ptr<roomstore::contract::Backend> roomstore::contract::make_backend() {
///     return std::make_unique<MyBackend>();
/// }
/// @endcode
///
/// The suite calls the backend from one thread. It asks for a store some 300 times, so a store
/// should be cheap to make.
/// @ingroup contract_tests
class Backend {
public:
    virtual ~Backend() = default;

    /// A new store over no data, without `init()`. Stores that live at the same time share
    /// nothing, except as `reopen_store` says. What belongs to the store (a schema, a file) may be
    /// used again or removed when it is gone.
    virtual std::shared_ptr<ConversationStore> make_store(Limits limits) = 0;

    /// One more store, without `init()`, over the data of `store`, which this backend made and
    /// which may be in use or closed. Null where data does not outlive its store.
    virtual std::shared_ptr<ConversationStore> reopen_store(const ConversationStore& store) {
        static_cast<void>(store);
        return nullptr;
    }
};

/// The backend that this binary tests; called once, before the first test that needs it. The
/// result is destroyed after the last test.
/// @ingroup contract_tests
std::unique_ptr<Backend> make_backend();

}  // namespace roomstore::contract
