#include <chrono>
#include <thread>

#include "faults/chaos/faults.hpp"

namespace roomstore::chaos {

namespace {

using namespace std::chrono_literals;
using test::TcpProxy;
using Action = TcpProxy::Action;
using Admission = TcpProxy::Admission;

/// Breaks the next COMMITs; true: one at least.
bool break_commits(const Arena& arena, Action action, std::int64_t times) {
    const auto id =
        arena.proxy.inject({.action = action, .times = static_cast<std::uint64_t>(times)});
    comes_within(500ms,
                 [&] { return arena.proxy.happened(id) == static_cast<std::uint64_t>(times); });
    arena.proxy.remove(id);
    return arena.proxy.happened(id) > 0;
}

template <Action action>
bool break_some_commits(const Arena& arena, Draw& draw) {
    return break_commits(arena, action, draw.number(1, 3));
}

template <Action action>
bool break_one_commit(const Arena& arena, Draw&) {
    return break_commits(arena, action, 1);
}

/// The message is on its way for a while: also longer than its client waits.
bool hold(const Arena& arena, Action action, std::chrono::milliseconds time) {
    const auto id = arena.proxy.inject({.action = action, .time = time});
    const bool happened = comes_within(500ms, [&] { return arena.proxy.happened(id) == 1; });
    if (happened) comes_within(time + 100ms, [&] { return arena.proxy.holding(id) == 0; });
    arena.proxy.remove(id);
    return happened;
}

bool delay_commit(const Arena& arena, Draw& draw) {
    return hold(arena, Action::hold, draw.time(20, 300));
}

bool commit_late(const Arena& arena, Draw& draw) {
    return hold(arena, Action::hold, draw.time(900, 1800));
}

bool delay_reply(const Arena& arena, Draw& draw) {
    return hold(arena, Action::hold_reply, draw.time(20, 1200));
}

bool with_traffic(const Arena& arena, TcpProxy::Traffic traffic, std::chrono::milliseconds time) {
    const auto before = arena.proxy.counts();
    arena.proxy.set_traffic(traffic);
    std::this_thread::sleep_for(time);
    arena.proxy.set_traffic({});
    const auto after = arena.proxy.counts();
    return after.sliced + after.delayed + after.throttled >
           before.sliced + before.delayed + before.throttled;
}

bool slice(const Arena& arena, Draw& draw) {
    return with_traffic(arena, {.slice = 1}, draw.time(50, 300));
}

bool delay_all(const Arena& arena, Draw& draw) {
    const auto delay = draw.time(2, 50);
    return with_traffic(arena, {.delay = delay}, draw.time(100, 400));
}

bool narrow(const Arena& arena, Draw& draw) {
    return with_traffic(arena, {.bytes_per_second = 64'000}, draw.time(100, 400));
}

bool admit(const Arena& arena, Admission admission, std::chrono::milliseconds time) {
    arena.proxy.set_admission(admission);
    const bool cut = arena.proxy.cut_all() > 0;
    std::this_thread::sleep_for(time);
    arena.proxy.set_admission(Admission::pass);
    return cut;
}

bool refuse(const Arena& arena, Draw& draw) {
    return admit(arena, Admission::refuse, draw.time(50, 500));
}

bool reset(const Arena& arena, Draw& draw) {
    return admit(arena, Admission::reset, draw.time(50, 500));
}

// Those who were let in hang on, until they have had enough of it.
bool hang(const Arena& arena, Draw& draw) {
    const auto before = arena.proxy.counts().hung;
    admit(arena, Admission::hang, draw.time(100, 800));
    return arena.proxy.counts().hung > before;
}

bool cut_all(const Arena& arena, Draw&) { return arena.proxy.cut_all() > 0; }

bool freeze(const Arena& arena, Draw& draw) {
    const auto time = draw.time(50, 1000);
    const auto before = arena.proxy.counts().frozen;
    arena.proxy.freeze();
    std::this_thread::sleep_for(time);
    arena.proxy.thaw();
    return arena.proxy.counts().frozen > before;
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
