#pragma once

#include <algorithm>
#include <vector>

#include "faults/chaos/run.hpp"

namespace roomstore::chaos {

/// Finds the calls of an interval without scanning all calls.
class CallsByTime {
public:
    explicit CallsByTime(const std::vector<Call>& calls) {
        for (const auto& call : calls) {
            calls_.push_back(&call);
            longest_ = std::max(longest_, call.answered_at - call.invoked_at);
        }
        std::ranges::sort(calls_, {}, &Call::invoked_at);
    }

    /// Calls `visitor` with each call that overlaps `from` .. `until`.
    template <typename Visitor>
    void visit(Instant from, Instant until, Visitor visitor) const {
        const auto earliest = from > longest_ ? from - longest_ : 0;
        auto call = std::ranges::lower_bound(calls_, earliest, {}, &Call::invoked_at);
        for (; call != calls_.end() && (*call)->invoked_at <= until; ++call) {
            if ((*call)->answered_at >= from) visitor(**call);
        }
    }

private:
    std::vector<const Call*> calls_;
    Instant longest_ = 0;
};

/// Prints the measured values against the bounds promised by P5 to P8 and P10. Returns whether the
/// enforced bounds hold and there are enough samples.
bool print_figures(const Options& options, const Results& results);

}  // namespace roomstore::chaos
