#include "faults/simulation/run.hpp"

#include <algorithm>
#include <memory>

#include "faults/simulation/checks.hpp"
#include "faults/simulation/world.hpp"

namespace roomstore::simulation {

RunReport simulate(std::uint64_t seed, bool traced) {
    RunReport report;
    auto world = std::make_unique<World>(seed, traced);
    bool ended = false;
    try {
        world->run();
        ended = true;
        report.violations = check(*world);
    } catch (const Stuck& stuck) {
        report.violations.push_back(std::string("stuck: ") + stuck.what());
    }
    for (const CallRecord& call : world->calls()) {
        ++report.calls;
        const bool append = call.request->kind == Request::Kind::append;
        if (call.success()) {
            report.appended += append ? 1 : 0;
        } else if (call.aborted()) {
            ++report.aborted;
        } else {
            ++(call.unknown() ? report.unknown : report.refused);
        }
    }
    for (const auto& process : world->processes()) report.reconnects += process->reconnects.size();
    report.commits = world->commits().size();
    report.doubts = world->doubts();
    report.steps = world->steps();
    report.trace = world->trace().lines();
    // Tasks that never ended still refer to it.
    if (!ended) static_cast<void>(world.release());
    return report;
}

}  // namespace roomstore::simulation
