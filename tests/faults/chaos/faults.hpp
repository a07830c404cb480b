#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "faults/chaos/environment.hpp"

namespace roomstore::chaos {

/// A kind of fault, and how to inject it.
struct FaultKind {
    /// Its id in tests/check_faults.py; `-`: none.
    std::string_view id;
    std::string_view name;
    /// Draws all its numbers first, so that a seed replays them. Returns after the end of the
    /// fault, with true if it happened.
    bool (*inject)(const ChaosEnvironment& environment, Draw& draw);
    /// How often it occurs in each round of its thread.
    int weight = 1;
    /// No call can succeed while it lasts.
    bool outage = false;
};

/// Faults of the network, injected by the proxy.
const std::vector<FaultKind>& network_faults();
/// Faults of the server and of other clients.
const std::vector<FaultKind>& server_faults();

/// One fault that was injected.
struct InjectedFault {
    std::string_view id;
    std::string_view kind;
    bool outage = false;
    /// No other fault, nor the recovery from one, overlapped it.
    bool alone = false;
    Instant began_at = 0;
    Instant ended_at = 0;
    /// COMMITs in doubt that the stores settled from its start until the end of the recovery.
    std::uint64_t doubts_settled = 0;
    /// From its end until a call had succeeded in every store, or the wait timed out; 0: not waited
    /// for.
    Instant first_success_after = 0;
    /// The same for each store of this process.
    std::array<Instant, child_store> store_success_after{};
    /// The wait timed out before a call had succeeded in every store.
    bool unrecovered = false;
};

/// A thread that injects faults, one after the other.
class FaultThread {
public:
    /// Injects those of `kinds` that are in `only`; all of them if `only` is empty.
    FaultThread(std::string name,
                const std::vector<FaultKind>& kinds,
                const std::set<std::string, std::less<>>& only);

    /// Injects faults until `over` is set. The threads share the mutex `turn`; some outages lock it
    /// exclusively, because recovery times are meaningful only if no other fault interferes.
    void run(const ChaosEnvironment& environment,
             std::uint64_t seed,
             std::shared_mutex& turn,
             const std::atomic<bool>& over);

    // To be read after run() has returned, except `count`.
    std::vector<InjectedFault> injected_faults{};
    std::atomic<std::uint64_t> count{0};
    /// Injections that had no effect.
    std::uint64_t vain = 0;
    std::string failure{};

private:
    /// The kinds, repeated by weight, in an order determined by the seed.
    std::vector<const FaultKind*> round(std::uint64_t seed, std::uint64_t number) const;
    void strike(const ChaosEnvironment& environment,
                const FaultKind& kind,
                Draw& draw,
                std::shared_mutex& turn);

    const std::string name_;
    std::vector<FaultKind> kinds_;
    /// Kinds whose recovery has been waited for; it always is after the first fault of a kind.
    std::set<std::string_view> watched_;
};

}  // namespace roomstore::chaos
