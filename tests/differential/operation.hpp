#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <asio/awaitable.hpp>

#include "roomstore/conversation_store.hpp"

namespace roomstore::differential {

class Values;

/// A call with fixed arguments, which can be made on any store, any number of times.
struct Operation {
    std::string name;
    /// Makes the call. Returns its result or error as JSON, whose text is equal wherever the
    /// contract requires equal outcomes: times that a store takes from its clock are masked.
    std::function<asio::awaitable<Json>(ConversationStore&)> run;
    /// Makes the call. Returns it as statements of a contract test that expects the same outcome.
    std::function<asio::awaitable<std::string>(ConversationStore&)> write;
    /// The same call with a new random value for one argument, or for one field of it. Empty for
    /// calls without random arguments.
    std::function<Operation(Values&)> varied;
};

/// Operations that are determined by `seed` and their number. Ids come from small sets, so that
/// operations affect the same rows.
struct Sequence {
    std::uint64_t seed = 0;
    /// Separates the identities of different sequences, because identities are never deleted.
    std::string scope{};
    /// Whether `init()` and `close()` are among the operations: such a sequence needs a store of
    /// its own that has not been initialised.
    bool lifecycle = false;
    std::vector<Operation> operations{};
};

Sequence generate_sequence(std::uint64_t seed, int length);

/// Operations with random arguments, by subject.
/// @{
Operation room_operation(Values& v);
Operation event_operation(Values& v);
Operation change_operation(Values& v);
Operation member_operation(Values& v);
Operation identity_operation(Values& v);
Operation task_operation(Values& v);
Operation marker_operation(Values& v);
/// @}

/// `list_changes`, where `Values::own_room` in the cursor stands for the hash of the room.
Operation changes_read(const std::string& room_id, const ChangesQuery& query);

Operation create_room_operation(Values& v);
Operation init_operation();
Operation close_operation();

/// Reads of everything that can be read with the ids of `Values` and of `rooms`.
std::vector<Operation> all_reads(const std::vector<Room>& rooms, const std::string& scope);

/// Deletes `rooms`, then lists the rooms that are left.
std::vector<Operation> removals(const std::vector<Room>& rooms);

}  // namespace roomstore::differential
