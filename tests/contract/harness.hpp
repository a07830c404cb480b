#pragma once

#include <memory>

#include "roomstore/conversation_store.hpp"
#include "roomstore/query.hpp"

/// The test suite that every backend has to pass.
namespace roomstore::contract {

/// A backend under test. To test a backend, derive from this class, define `make_backend()`, and
/// link `roomstore::contract_tests`, which contains every test and Catch2's `main`:
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
/// The suite calls the backend from one thread. It makes about 300 stores, so making one should be
/// cheap.
/// @ingroup contract_tests
class Backend {
public:
    virtual ~Backend() = default;

    /// Returns a new store without data, on which `init()` has not been called. Stores that exist
    /// at the same time share no data, except for those made by `reopen_store()`. Resources of the
    /// store (a schema, a file) may be reused or removed after the store is destroyed.
    virtual std::shared_ptr<ConversationStore> make_store(Limits limits) = 0;

    /// Returns another store over the data of `store`, on which `init()` has not been called.
    /// `store` was made by this backend, and may be in use or closed. Returns null if data does not
    /// outlive its store.
    virtual std::shared_ptr<ConversationStore> reopen_store(const ConversationStore& store) {
        static_cast<void>(store);
        return nullptr;
    }
};

/// Returns the backend that this binary tests. Called once, before the first test that needs it.
/// The result is destroyed after the last test.
/// @ingroup contract_tests
std::unique_ptr<Backend> make_backend();

}  // namespace roomstore::contract
