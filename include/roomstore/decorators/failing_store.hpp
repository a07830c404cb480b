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
#include "roomstore/error.hpp"

namespace roomstore {

namespace detail {
class PlannedFailures;
}

/// A failure that `FailingStore` is to cause.
/// @ingroup testing
struct PlannedFailure {
    /// The code of the error.
    errc code = errc::unavailable;
    /// The first call that fails: 1 is the next one of this operation.
    std::uint64_t nth = 1;
    /// How many calls in a row fail, at least 1.
    std::uint64_t count = 1;
    /// Whether the call reaches the other store before it fails. A write is then done although its
    /// caller gets an error, as with `commit_unknown`.
    bool after = false;
};

/// Forwards every operation to another store, except for calls that are planned to fail or to wait:
/// for tests of what a program does then. Operations are named as they are called: `get_room`.
///
/// @code
/// FailingStore store(std::make_shared<InMemoryStore>());
/// store.fail("add_event_auto_index", {.code = errc::commit_unknown, .after = true});
/// @endcode
///
/// Every function may be called from any thread.
/// @par Errors
/// Those that are planned, with the text "planned"; otherwise those of the other store.
/// @ingroup testing
class ROOMSTORE_SHARED FailingStore final : public ConversationStore {
public:
    /// Forwards to `inner`.
    /// @throws Error (invalid_argument) if `inner` is null.
    explicit FailingStore(std::shared_ptr<ConversationStore> inner);
    ~FailingStore() override;

    /// Makes calls of `operation` fail. Replaces earlier plans of failures of this operation.
    /// @throws Error (invalid_argument) if there is no such operation, or a number is 0.
    void fail(const std::string& operation, PlannedFailure failure = {});

    /// Makes one call of `operation` wait, before it reaches the other store, until `release`. A
    /// call that waits can be cancelled, and then has done nothing. Replaces an earlier plan of
    /// this kind.
    /// @param operation  its name
    /// @param nth        the call: 1 is the next one
    /// @throws Error (invalid_argument) if there is no such operation, or `nth` is 0.
    void hold(const std::string& operation, std::uint64_t nth = 1);

    /// Lets the call of `operation` that waits go on, or the planned one not wait.
    /// @throws Error (invalid_argument) if there is no such operation.
    void release(const std::string& operation);

    /// Number of calls of `operation` that wait now.
    /// @throws Error (invalid_argument) if there is no such operation.
    std::uint64_t waiting(const std::string& operation) const;

    /// Number of calls of `operation` since the store was made, including those that failed.
    /// @throws Error (invalid_argument) if there is no such operation.
    std::uint64_t calls(const std::string& operation) const;

    asio::awaitable<void> init() override;
    asio::awaitable<void> close() override;

#include "roomstore/detail/declare_operations.inc"

private:
    std::shared_ptr<ConversationStore> inner_;
    std::shared_ptr<detail::PlannedFailures> plans_;
};

}  // namespace roomstore
