#include <chrono>
#include <thread>

#include "faults/chaos/faults.hpp"

namespace roomstore::chaos {

namespace {

using namespace std::chrono_literals;
using test::TcpProxy;
using Action = TcpProxy::Action;
using Admission = TcpProxy::Admission;

/// Breaks the next COMMITs. Returns true if at least one was broken.
bool break_commits(const ChaosEnvironment& environment, Action action, std::int64_t times) {
    const auto id =
        environment.proxy.inject({.action = action, .times = static_cast<std::uint64_t>(times)});
    comes_within(
        500ms, [&] { return environment.proxy.happened(id) == static_cast<std::uint64_t>(times); });
    environment.proxy.remove(id);
    return environment.proxy.happened(id) > 0;
}

template <Action action>
bool break_some_commits(const ChaosEnvironment& environment, Draw& draw) {
    return break_commits(environment, action, draw.number(1, 3));
}

template <Action action>
bool break_one_commit(const ChaosEnvironment& environment, Draw&) {
    return break_commits(environment, action, 1);
}

/// Delays a message, possibly for longer than its client waits.
bool hold(const ChaosEnvironment& environment, Action action, std::chrono::milliseconds time) {
    const auto id = environment.proxy.inject({.action = action, .time = time});
    const bool happened = comes_within(500ms, [&] { return environment.proxy.happened(id) == 1; });
    if (happened) comes_within(time + 100ms, [&] { return environment.proxy.holding(id) == 0; });
    environment.proxy.remove(id);
    return happened;
}

bool delay_commit(const ChaosEnvironment& environment, Draw& draw) {
    return hold(environment, Action::hold, draw.time(20, 300));
}

bool commit_late(const ChaosEnvironment& environment, Draw& draw) {
    return hold(environment, Action::hold, draw.time(900, 1800));
}

bool delay_reply(const ChaosEnvironment& environment, Draw& draw) {
    return hold(environment, Action::hold_reply, draw.time(20, 1200));
}

bool with_traffic(const ChaosEnvironment& environment,
                  TcpProxy::Traffic traffic,
                  std::chrono::milliseconds time) {
    const auto before = environment.proxy.counts();
    environment.proxy.set_traffic(traffic);
    std::this_thread::sleep_for(time);
    environment.proxy.set_traffic({});
    const auto after = environment.proxy.counts();
    return after.sliced + after.delayed + after.throttled >
           before.sliced + before.delayed + before.throttled;
}

bool slice(const ChaosEnvironment& environment, Draw& draw) {
    return with_traffic(environment, {.slice = 1}, draw.time(50, 300));
}

bool delay_all(const ChaosEnvironment& environment, Draw& draw) {
    const auto delay = draw.time(2, 50);
    return with_traffic(environment, {.delay = delay}, draw.time(100, 400));
}

bool narrow(const ChaosEnvironment& environment, Draw& draw) {
    return with_traffic(environment, {.bytes_per_second = 64'000}, draw.time(100, 400));
}

bool admit(const ChaosEnvironment& environment,
           Admission admission,
           std::chrono::milliseconds time) {
    environment.proxy.set_admission(admission);
    const bool cut = environment.proxy.cut_all() > 0;
    std::this_thread::sleep_for(time);
    environment.proxy.set_admission(Admission::pass);
    return cut;
}

bool refuse(const ChaosEnvironment& environment, Draw& draw) {
    return admit(environment, Admission::refuse, draw.time(50, 500));
}

bool reset(const ChaosEnvironment& environment, Draw& draw) {
    return admit(environment, Admission::reset, draw.time(50, 500));
}

// Connections accepted meanwhile still hang afterwards, until their clients time out.
bool hang(const ChaosEnvironment& environment, Draw& draw) {
    const auto before = environment.proxy.counts().hung;
    admit(environment, Admission::hang, draw.time(100, 800));
    return environment.proxy.counts().hung > before;
}

bool cut_all(const ChaosEnvironment& environment, Draw&) { return environment.proxy.cut_all() > 0; }

bool freeze(const ChaosEnvironment& environment, Draw& draw) {
    const auto time = draw.time(50, 1000);
    const auto before = environment.proxy.counts().frozen;
    environment.proxy.freeze();
    std::this_thread::sleep_for(time);
    environment.proxy.thaw();
    return environment.proxy.counts().frozen > before;
}

}  // namespace

const std::vector<FaultKind>& network_faults() {
    static const std::vector<FaultKind> kinds{
        {"F2", "commit cut before", break_some_commits<Action::cut_before>, 6},
        {"F2", "commit's reply cut", break_some_commits<Action::cut_reply>, 6},
        {"F2", "cut after commit's reply", break_some_commits<Action::cut_after>, 6},
        {"F7", "commit swallowed", break_one_commit<Action::swallow>, 1},
        {"F7", "commit's reply swallowed", break_one_commit<Action::swallow_reply>, 1},
        {"F8", "commit delayed", delay_commit, 2},
        {"F3", "commit arrives late", commit_late, 1},
        {"F8", "commit's reply delayed", delay_reply, 2},
        {"F8", "slices of 1 byte", slice, 2},
        {"F8", "everything delayed", delay_all, 2},
        {"F8", "64 kB/s", narrow, 2},
        {"F21", "connections refused", refuse, 2, true},
        {"F21", "connections reset", reset, 2, true},
        {"F5", "connections hang", hang, 1, true},
        {"F1", "all connections cut", cut_all, 4},
        {"F5", "network frozen", freeze, 2, true},
    };
    return kinds;
}

}  // namespace roomstore::chaos
