#include <string>
#include <utility>

#include "differential/operation.hpp"
#include "differential/reference_store.hpp"
#include "differential/values.hpp"
#include "support/run.hpp"

namespace roomstore::differential {

namespace {

Operation any_operation(Values& v) {
    const auto kind = v.below(26);
    if (kind < 6) return room_operation(v);
    if (kind < 14) return event_operation(v);
    if (kind < 17) return member_operation(v);
    if (kind < 19) return identity_operation(v);
    if (kind < 21) return task_operation(v);
    if (kind < 24) return marker_operation(v);
    return change_operation(v);
}

constexpr const char* batch = "append_events";

/// Repeats an earlier call, exactly or with a variation.
Operation repeated(Values& v, const std::vector<Operation>& earlier) {
    // Mostly appends: their repetition has the longest rule of the contract.
    std::vector<Operation> appends;
    for (const auto& operation : earlier) {
        const bool append = operation.name.starts_with("add_event") || operation.name == batch;
        if (append) appends.push_back(operation);
    }
    const auto& choice = appends.empty() || v.one_in(3) ? earlier : appends;
    const auto& operation = choice[v.below(choice.size())];
    return v.one_in(3) && operation.varied ? operation.varied(v) : operation;
}

/// The `init()` or `close()` at `position` of a lifecycle sequence, which has calls before
/// `init()`, after it and after `close()`. No value if another call is due.
std::optional<Operation> life_operation(Values& v, int position, int length) {
    if (position == 1 || (position > 1 && v.one_in(12))) return init_operation();
    if (position == length * 3 / 4 || (position == length - 1 && v.one_in(2))) {
        return close_operation();
    }
    return std::nullopt;
}

}  // namespace

Sequence generate_sequence(std::uint64_t seed, int length) {
    Sequence sequence{.seed = seed, .scope = "s" + std::to_string(seed)};
    ReferenceStore reference;
    Values v(seed, sequence.scope, reference);
    sequence.lifecycle = v.one_in(100);
    if (!sequence.lifecycle) test::run(reference.init());
    auto& operations = sequence.operations;
    for (int i = 0; i < length; ++i) {
        auto life = sequence.lifecycle ? life_operation(v, i, length) : std::nullopt;
        if (life) {
            operations.push_back(std::move(*life));
        } else if (i < (sequence.lifecycle ? 4 : 2)) {
            operations.push_back(create_room_operation(v));
        } else if (v.one_in(6)) {
            operations.push_back(repeated(v, operations));
        } else {
            operations.push_back(any_operation(v));
        }
        test::run(operations.back().run(reference));
    }
    return sequence;
}

}  // namespace roomstore::differential
