#include "fuzz/target.hpp"

#include <algorithm>
#include <array>

namespace roomstore::fuzz {

std::span<const Target* const> all_targets() {
    static constexpr std::array targets{
        &models_target, &validation_target, &containment_target, &timestamps_target, &text_target};
    return targets;
}

const Target* find_target(std::string_view name) {
    const auto targets = all_targets();
    const auto found = std::ranges::find(targets, name, &Target::name);
    return found == targets.end() ? nullptr : *found;
}

}  // namespace roomstore::fuzz
