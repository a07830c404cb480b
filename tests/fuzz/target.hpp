#pragma once

#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Fuzz targets. Each target is run by libFuzzer, which looks for inputs that break a rule, and by
/// an ordinary test, which replays the inputs of the corpus.
namespace roomstore::fuzz {

/// Result of an input that broke no rule.
enum class Verdict {
    /// It does not have the format that the target reads.
    unreadable,
    /// The library refused it, with a proper error.
    refused,
    accepted,
};

using Random = std::minstd_rand;

struct Target {
    std::string_view name;
    /// Runs the target on `input`; aborts the process if a rule is broken.
    Verdict (*run)(std::string_view input);
    /// Changes `input` so that the target can still read it, or returns it unchanged. Null if the
    /// target reads any bytes.
    std::string (*mutate)(std::string_view input, Random& random);
    /// Initial inputs. Every one is accepted, so that each run tests the rules for accepted inputs.
    std::vector<std::string> (*seeds)();
    /// Whether refused inputs are worth changing further. A row with an invalid field stays refused
    /// whatever else is changed, so changing it tests nothing new.
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
