#include "differential/registers.hpp"

#include <algorithm>

namespace roomstore::test {

namespace {

std::string shown(const std::optional<std::string>& value) {
    return value ? "'" + *value + "'" : "nothing";
}

/// Writes whose value `read` can have returned. The first write, at time 0, is the initial state.
std::vector<const RegisterWrite*> sources_of(const std::vector<RegisterWrite>& writes,
                                             const RegisterRead& read) {
    std::vector<const RegisterWrite*> sources;
    for (const auto& write : writes) {
        if (write.value != read.value || read.when.precedes(write.when)) continue;
        const bool overwritten = std::ranges::any_of(writes, [&](const RegisterWrite& other) {
            return write.when.precedes(other.when) && other.when.precedes(read.when);
        });
        if (!overwritten) sources.push_back(&write);
    }
    return sources;
}

}  // namespace

std::vector<std::string> check_register(const std::string& name, const RegisterHistory& history) {
    // Time 0 is before all calls: the initial state is a removal at that time.
    std::vector<RegisterWrite> writes{RegisterWrite{}};
    for (auto write : history.writes) {
        ++write.when.invoked_at;
        ++write.when.answered_at;
        writes.push_back(std::move(write));
    }
    auto reads = history.reads;
    for (auto& read : reads) {
        ++read.when.invoked_at;
        ++read.when.answered_at;
    }
    std::vector<std::string> violations;
    std::vector<std::vector<const RegisterWrite*>> sources;
    for (const auto& read : reads) {
        sources.push_back(sources_of(writes, read));
        if (!sources.back().empty()) continue;
        violations.push_back(name + ": " + read.reader + " reads " + shown(read.value) +
                             ", which was never written or has been overwritten");
    }
    for (std::size_t i = 0; i < reads.size(); ++i) {
        for (std::size_t j = 0; j < reads.size(); ++j) {
            if (!reads[i].when.precedes(reads[j].when)) continue;
            if (sources[i].empty() || sources[j].empty()) continue;
            const bool possible = std::ranges::any_of(sources[j], [&](const auto* later) {
                return std::ranges::any_of(sources[i], [&](const auto* earlier) {
                    return !later->when.precedes(earlier->when);
                });
            });
            if (possible) continue;
            violations.push_back(name + ": " + reads[j].reader + " reads " + shown(reads[j].value) +
                                 " after " + reads[i].reader + " read " + shown(reads[i].value) +
                                 ", which is newer");
        }
    }
    return violations;
}

std::vector<std::string> check_marker(const std::string& name, const MarkerHistory& history) {
    std::vector<std::string> violations;
    for (const auto& read : history.reads) {
        const auto value = std::to_string(read.value);
        bool possible = read.value == -1;
        for (const auto& raise : history.raises) {
            if (raise.when.precedes(read.when) && read.value < raise.lowest) {
                violations.push_back(name + " is " + value + ", below " +
                                     std::to_string(raise.lowest) + ", which was marked before");
            }
            possible = possible || (!read.when.precedes(raise.when) && raise.lowest <= read.value &&
                                    read.value <= raise.highest);
        }
        if (!possible) violations.push_back(name + " is " + value + ", which no call has marked");
        for (const auto& later : history.reads) {
            if (!read.when.precedes(later.when) || later.value >= read.value) continue;
            violations.push_back(name + " moved back from " + value + " to " +
                                 std::to_string(later.value));
        }
    }
    return violations;
}

}  // namespace roomstore::test
