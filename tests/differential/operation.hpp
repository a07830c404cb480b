#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <asio/awaitable.hpp>

#include "roomstore/conversation_store.hpp"

namespace roomstore::differential {

class Values;

/// One call with its arguments fixed, to be made on any store, any number of times.
struct Operation {
    std::string name;
    /// Makes the call. What it returned or threw, as JSON whose text is the same where the contract
    /// demands sameness: times that a store takes from its clock are masked.
    std::function<asio::awaitable<Json>(ConversationStore&)> run;
    /// Makes the call. Gives it as statements of a contract test, which demand the same outcome.
    std::function<asio::awaitable<std::string>(ConversationStore&)> write;
    /// The same call with one argument, or one field of one, drawn anew. Empty for calls that were
    /// not drawn.
    std::function<Operation(Values&)> varied;
};

/// Operations that depend on `seed` and their number alone. Ids come from small sets, so that
/// operations meet.
struct Sequence {
    std::uint64_t seed = 0;
    /// Keeps identities of different sequences apart, since nothing deletes them.
    std::string scope{};
    /// Whether `init()` and `close()` are among the operations: such a sequence needs a store of
    /// its own, without `init()`.
    bool lifecycle = false;
    std::vector<Operation> operations{};
};

Sequence generate_sequence(std::uint64_t seed, int length);

/// Operations with drawn arguments, by noun.
/// @{
Operation room_operation(Values& v);
Operation event_operation(Values& v);
Operation member_operation(Values& v);
Operation identity_operation(Values& v);
Operation task_operation(Values& v);
Operation marker_operation(Values& v);
/// @}

Operation create_room_operation(Values& v);
Operation init_operation();
Operation close_operation();

/// Reads of everything that can be read from the ids of `Values`, and from those of `rooms`.
std::vector<Operation> all_reads(const std::vector<Room>& rooms, const std::string& scope);

/// Deletes `rooms`, and looks whether any room is left.
std::vector<Operation> removals(const std::vector<Room>& rooms);

}  // namespace roomstore::differential
