#pragma once

#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What is tried with inputs that nobody thought of. A target is written once and run twice: by
/// libFuzzer, which looks for inputs that break it, and by an ordinary test, which replays those
/// that are kept.
namespace roomstore::fuzz {

/// What became of an input that broke nothing.
enum class Verdict {
    /// It is not of the form that the target reads.
    unreadable,
    /// The library refused it, with a proper error.
    refused,
    accepted,
};

using Random = std::minstd_rand;

struct Target {
    std::string_view name;
    /// Tries `input`; ends the process where a rule does not hold.
    Verdict (*run)(std::string_view input);
    /// Changes `input` so that the target can still read it, or returns it as it is. Null where
    /// bytes need no form.
    std::string (*mutate)(std::string_view input, Random& random);
    /// Inputs to start from. Every one is accepted, so that the rules about what was accepted are
    /// met in each run.
    std::vector<std::string> (*seeds)();
    /// Whether refused inputs are worth changing further. A row with a fault stays refused whatever
    /// else is changed, and what comes of it shows nothing new.
    bool keeps_refused;
};

extern const Target models_target;
extern const Target validation_target;
extern const Target containment_target;
extern const Target timestamps_target;
extern const Target text_target;

std::span<const Target* const> all_targets();

/// The target of that name, or null.
const Target* find_target(std::string_view name);

}  // namespace roomstore::fuzz
