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

/// A kind of fault, with how to bring one about and how to end it.
struct FaultKind {
    /// Its row in the list of tests/check_faults.py; `-`: none.
    std::string_view id;
    std::string_view name;
    /// Draws first what it needs, so that a seed replays it. Returns whether the fault happened;
    /// it is over by then.
    bool (*inject)(const ChaosEnvironment& environment, Draw& draw);
    /// How often it comes in a round of all faults of its lane.
    int weight = 1;
    /// Nothing can succeed while it lasts.
    bool outage = false;
};

/// Faults of the network: all that the proxy does.
const std::vector<FaultKind>& network_faults();
/// Faults of the server and of other clients.
const std::vector<FaultKind>& server_faults();

/// One fault that was injected.
struct Happening {
    std::string_view id;
    std::string_view kind;
    bool outage = false;
    /// No other fault, nor its aftermath, disturbed it.
    bool alone = false;
    Instant began_at = 0;
    Instant ended_at = 0;
    /// Doubts that stores settled by themselves from its begin until its aftermath was over.
    std::uint64_t doubts_settled = 0;
    /// From its end until every store had given a result again, or nobody waited any longer; 0: not
    /// waited for.
    Instant first_success_after = 0;
    /// The same for each store of this process.
    std::array<Instant, child_store> store_success_after{};
    /// Not every store has given a result while that was waited for.
    bool unrecovered = false;
};

/// One of the threads that break things, one fault after the other.
class RoomQueue {
public:
    /// With those of the `kinds` that are in `only`, unless that is empty.
    RoomQueue(std::string name,
              const std::vector<FaultKind>& kinds,
              const std::set<std::string, std::less<>>& only);

    /// Until the run is over. Some of the outages take `turn`, which the lanes share, for
    /// themselves: how fast things recover shows only where nothing else is broken meanwhile.
    void run(const ChaosEnvironment& environment,
             std::uint64_t seed,
             std::shared_mutex& turn,
             const std::atomic<bool>& over);

    // To be read once it has ended, but for the number.
    std::vector<Happening> happenings{};
    std::atomic<std::uint64_t> count{0};
    /// Faults that found nothing to break.
    std::uint64_t vain = 0;
    std::string failure{};

private:
    /// The kinds by their weights, in an order of the seed's.
    std::vector<const FaultKind*> round(std::uint64_t seed, std::uint64_t number) const;
    void strike(const ChaosEnvironment& environment,
                const FaultKind& kind,
                Draw& draw,
                std::shared_mutex& turn);

    const std::string name_;
    std::vector<FaultKind> kinds_;
    /// Those whose aftermath has been watched: each is, the first time.
    std::set<std::string_view> watched_;
};

}  // namespace roomstore::chaos
