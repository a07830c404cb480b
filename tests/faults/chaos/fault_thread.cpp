#include <algorithm>
#include <chrono>
#include <exception>
#include <iterator>
#include <thread>
#include <utility>

#include "faults/chaos/faults.hpp"

namespace roomstore::chaos {

namespace {

using namespace std::chrono_literals;

/// Waits until a call has succeeded in every store since the end of the fault.
void await_success(const Shared& shared, InjectedFault& happening) {
    const bool all = comes_within(10s, [&] {
        bool succeeded = true;
        for (std::size_t store = 0; store < child_store; ++store) {
            const Instant last = shared.last_success[store];
            auto& after = happening.store_success_after[store];
            if (after == 0 && last > happening.ended_at) after = last - happening.ended_at;
            succeeded = succeeded && after > 0;
        }
        return succeeded;
    });
    happening.unrecovered = !all;
    for (auto& after : happening.store_success_after) {
        if (after == 0) after = now() - happening.ended_at;
    }
    happening.first_success_after = std::ranges::max(happening.store_success_after);
}

}  // namespace

FaultThread::FaultThread(std::string name,
                         const std::vector<FaultKind>& kinds,
                         const std::set<std::string, std::less<>>& only)
    : name_(std::move(name)) {
    std::ranges::copy_if(kinds, std::back_inserter(kinds_), [&](const FaultKind& kind) {
        return only.empty() || only.contains(kind.name);
    });
}

std::vector<const FaultKind*> FaultThread::round(std::uint64_t seed, std::uint64_t number) const {
    std::vector<const FaultKind*> order;
    for (const auto& kind : kinds_) {
        for (int i = 0; i < kind.weight; ++i) order.push_back(&kind);
    }
    Draw draw(seed, name_ + " order", number);
    for (std::size_t i = order.size() - 1; i > 0; --i) {
        std::swap(order[i], order[static_cast<std::size_t>(draw.number(0, std::int64_t(i)))]);
    }
    return order;
}

void FaultThread::run(const ChaosEnvironment& environment,
                      std::uint64_t seed,
                      std::shared_mutex& turn,
                      const std::atomic<bool>& over) try {
    if (kinds_.empty()) return;
    std::uint64_t number = 0;
    for (std::uint64_t rounds = 0; !over; ++rounds) {
        for (const auto* kind : round(seed, rounds)) {
            if (over) return;
            Draw draw(seed, name_, number++);
            strike(environment, *kind, draw, turn);
        }
    }
} catch (const std::exception& error) {
    failure = name_ + ": " + error.what();
}

void FaultThread::strike(const ChaosEnvironment& environment,
                         const FaultKind& kind,
                         Draw& draw,
                         std::shared_mutex& turn) {
    const bool alone = draw.chance(40) && kind.outage;
    // Without the wait, the next fault begins before the stores have recovered.
    const bool wait = draw.chance(25) || alone || !watched_.contains(kind.name);
    std::shared_lock shared(turn, std::defer_lock);
    std::unique_lock exclusive(turn, std::defer_lock);
    InjectedFault happening{
        .id = kind.id, .kind = kind.name, .outage = kind.outage, .alone = alone};
    if (alone) {
        exclusive.lock();
        InjectedFault before;
        before.ended_at = now();
        await_success(environment.shared, before);
    } else {
        shared.lock();
    }
    const auto settled = environment.doubts_settled();
    happening.began_at = now();
    const bool happened = kind.inject(environment, draw);
    happening.ended_at = now();
    if (!happened) {
        ++vain;
        std::this_thread::sleep_for(10ms);
        return;
    }
    if (wait) {
        await_success(environment.shared, happening);
        watched_.insert(kind.name);
    }
    happening.doubts_settled = environment.doubts_settled() - settled;
    injected_faults.push_back(happening);
    ++count;
}

}  // namespace roomstore::chaos
