#include "faults/simulation/run.hpp"

#include <algorithm>
#include <memory>

#include "faults/simulation/checks.hpp"
#include "faults/simulation/simulation.hpp"

namespace roomstore::simulation {

RunReport simulate(std::uint64_t seed, bool traced) {
    RunReport report;
    auto simulation = std::make_unique<Simulation>(seed, traced);
    bool ended = false;
    try {
        simulation->run();
        ended = true;
        report.violations = check(*simulation);
    } catch (const Stuck& stuck) {
        report.violations.push_back(std::string("stuck: ") + stuck.what());
    }
    for (const CallRecord& call : simulation->calls()) {
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
    for (const auto& process : simulation->processes())
        report.reconnects += process->reconnects.size();
    report.commits = simulation->commits().size();
    report.doubts = simulation->doubts();
    report.steps = simulation->steps();
    report.trace = simulation->trace().lines();
    // Tasks that never ended still refer to it.
    if (!ended) static_cast<void>(simulation.release());
    return report;
}

}  // namespace roomstore::simulation
