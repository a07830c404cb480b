#include "faults/simulation/session.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "driver/errors.hpp"
#include "faults/simulation/statements.hpp"

namespace roomstore::simulation {

using namespace std::chrono_literals;
using postgres::Failure;
using postgres::Params;
using postgres::Result;
using postgres::Statement;
using postgres::TransactionStatus;

namespace {

// The timeouts of a real session.
constexpr auto statement_timeout = 5s;
constexpr auto lock_timeout = 2s;
constexpr auto connect_timeout = 3s;

}  // namespace

/// Stops a session from another task.
class SimulatedControl final : public postgres::SessionControl {
public:
    explicit SimulatedControl(Network& network) : network_(network) {}

    void reset() noexcept override { stopped_ = false; }

    void cancel() noexcept override {
        stopped_ = true;
        if (backend == nullptr) return cut();
        // The number identifies the target: the session may have another backend by the time the
        // request arrives.
        const auto number = backend->number;
        auto& scheduler = network_.scheduler;
        const auto arrival =
            network_.server.thawed(scheduler.now() + scheduler.random().between(100us, 3000us));
        const bool late = network_.happens(network_.fault_plan.late_cancel);
        const auto delay = late ? scheduler.random().between(1ms, 300ms) : 0ns;
        scheduler.at(arrival + delay, [this, self = self_.lock(), number] {
            if (backend == nullptr || backend->number != number) return;
            network_.trace.add(network_.scheduler, "cancel reaches backend", number);
            network_.server.cancel(*backend);
        });
        while (scheduler.now() < arrival) scheduler.wait(arrival);
    }

    void cut() noexcept override {
        stopped_ = true;
        cut_ = true;
        if (task != nullptr) network_.scheduler.wake(*task);
    }

    /// Called when `session_task` begins to connect.
    void lend(Task* session_task) noexcept {
        task = session_task;
        cut_ = stopped_;
    }
    void release() noexcept {
        task = nullptr;
        backend = nullptr;
        cut_ = false;
    }

    bool stopped() const noexcept { return stopped_; }
    bool was_cut() const noexcept { return cut_; }
    void remember(std::weak_ptr<SimulatedControl> self) { self_ = std::move(self); }

    Task* task = nullptr;
    Backend* backend = nullptr;

private:
    Network& network_;
    std::weak_ptr<SimulatedControl> self_;
    bool stopped_ = false;
    bool cut_ = false;
};

std::unique_ptr<postgres::Session> SimulatedSessions::make() {
    return std::make_unique<SimulatedSession>(network_, process_);
}

SimulatedSession::SimulatedSession(Network& network, Process& process)
    : network_(network), process_(process), control_(std::make_shared<SimulatedControl>(network)) {
    control_->remember(control_);
}

std::shared_ptr<postgres::SessionControl> SimulatedSession::control() noexcept { return control_; }

std::chrono::nanoseconds SimulatedSession::round_trip() {
    return network_.scheduler.random().between(100us, 1500us);
}

void SimulatedSession::note(const Failure& failure, const std::string& room_id) {
    process_.mishaps.push_back({.at = network_.scheduler.now(),
                                .sqlstate = failure.sqlstate,
                                .text = failure.text,
                                .in_doubt = failure.in_doubt,
                                .room_id = room_id});
}

void SimulatedSession::connect(Clock::time_point deadline) {
    disconnect();
    auto& [scheduler, server, fault_plan, trace, commits] = network_;
    if (std::exchange(connected_before_, true)) process_.reconnects.push_back(scheduler.now());
    control_->lend(&scheduler.task());
    const auto begun = scheduler.now();
    const auto limit = std::min(deadline, begun + connect_timeout);
    const auto give_up = [&](const char* sqlstate, const char* why) {
        trace.add(scheduler, "process", process_.number, "does not connect:", why);
        auto failure = postgres::classify(sqlstate, why, true);
        if (!control_->was_cut()) note(failure);
        control_->release();
        throw failure;
    };
    const auto spend_until = [&](TimePoint until) {
        while (scheduler.now() < std::min(until, limit) && !control_->was_cut()) {
            scheduler.wait(std::min(until, limit));
        }
        if (control_->was_cut()) give_up("", attempt_ended);
        if (scheduler.now() < until) give_up("", "timeout expired");
    };
    const bool unanswered = network_.happens(fault_plan.unanswered);
    spend_until(unanswered ? network_.clears(begun + 10s)
                           : server.thawed(begun + 2 * round_trip()));
    if (server.is_down()) {
        give_up(scheduler.random().chance(500) ? "57P03" : "", "the server is down");
    }
    if (network_.happens(fault_plan.refused)) {
        constexpr std::array reasons{"53300", "57P03", "08006", ""};
        give_up(reasons[scheduler.random().below(reasons.size())], "refused");
    }
    backend_ = &server.start(scheduler.task());
    control_->backend = backend_;
    backend_->forgot_prepared = network_.happens(fault_plan.forgets_prepared);
    trace.add(scheduler, "process", process_.number, "connects as backend", backend_->number);
}

void SimulatedSession::disconnect() noexcept {
    control_->release();
    begin_pending_ = false;
    const bool part_lost = std::exchange(part_lost_, false);
    if (backend_ == nullptr) return;
    network_.trace.add(network_.scheduler, "backend", backend_->number, "is disconnected");
    // Disconnecting is legitimate while the call is stopped or the pool closes.
    if (part_lost && !control_->stopped() && process_.closings.empty()) {
        process_.given_up.push_back(network_.scheduler.now());
    }
    network_.server.abandon(*std::exchange(backend_, nullptr), true);
    network_.scheduler.sleep(network_.scheduler.random().between(0us, 500us));
}

TransactionStatus SimulatedSession::transaction_status() const noexcept {
    if (backend_ == nullptr) return TransactionStatus::unknown;
    if (begin_pending_) return TransactionStatus::open;
    switch (backend_->state) {
        case Backend::State::idle:
            return TransactionStatus::idle;
        case Backend::State::open:
            return TransactionStatus::open;
        default:
            return TransactionStatus::failed;
    }
}

void SimulatedSession::require_usable() const {
    if (backend_ == nullptr) throw postgres::classify("", "not connected", true);
    if (control_->stopped()) throw postgres::classify("57014", "the call was stopped", false);
}

void SimulatedSession::lose(const char* why, bool in_doubt) {
    network_.trace.add(network_.scheduler, "backend", backend_->number, "is lost:", why);
    network_.server.abandon(*std::exchange(backend_, nullptr), false);
    auto failure = postgres::classify("", why, true);
    failure.in_doubt = in_doubt;
    // A cut is not a mishap unless it leaves a COMMIT in doubt: a COMMIT that hangs is cut for one
    // call whose deadline has passed, and leaves the others of its batch in doubt. A connection
    // lost for another reason would have been lost without a cut as well.
    if (in_doubt || !std::string_view(why).starts_with("cut")) note(failure);
    control_->release();
    begin_pending_ = false;
    throw failure;
}

void SimulatedSession::check() {
    if (control_->was_cut()) lose("cut");
    if (backend_->killed) lose("the server ended the connection");
    if (!std::exchange(backend_->cancelled, false)) return;
    throw postgres::classify("57014", "canceling statement due to user request", false);
}

void SimulatedSession::spend(std::chrono::nanoseconds duration) {
    const auto until = network_.server.thawed(network_.scheduler.now() + duration);
    const auto timeout = network_.scheduler.now() + statement_timeout;
    check();
    while (network_.scheduler.now() < until) {
        network_.scheduler.wait(std::min(until, timeout));
        check();
        if (until > timeout && network_.scheduler.now() >= timeout) {
            throw postgres::classify("57014", "canceling statement due to timeout", false);
        }
    }
}

void SimulatedSession::refuse(const char* sqlstate, const char* why, const std::string& room_id) {
    network_.trace.add(network_.scheduler, "backend", backend_->number, "refuses:", sqlstate);
    auto failure = postgres::classify(sqlstate, why, false);
    note(failure, room_id);
    part_lost_ = failure.sqlstate == "08006";
    throw failure;
}

// Room ids appear unencoded in the parameters, even within arrays.
void SimulatedSession::refuse_lost_room(const Params& params) {
    if (!network_.bad() || !network_.server.has_lost_room()) return;
    const auto& lost = network_.server.rooms().begin()->first;
    const auto names_it = [&](const postgres::Value& value) {
        return value.bytes.find(lost) != std::string::npos;
    };
    if (std::ranges::any_of(params.values(), names_it)) refuse("08006", "its worker is lost", lost);
}

void SimulatedSession::refuse_by_chance(std::string_view statement) {
    const auto& fault_plan = network_.fault_plan;
    if (network_.happens(fault_plan.serialization)) refuse("40001", "could not serialize");
    if (network_.happens(fault_plan.deadlock)) refuse("40P01", "deadlock detected");
    if (network_.happens(fault_plan.lock_timeout)) refuse("55P03", "lock timeout");
    if (network_.happens(fault_plan.part_lost)) refuse("08006", "a worker is lost");
    if (std::exchange(backend_->forgot_prepared, false)) {
        process_.unretryable.push_back(network_.scheduler.now());
        refuse("26000", "prepared statement does not exist");
    }
    if (network_.happens(fault_plan.foreign_cancel)) {
        process_.unretryable.push_back(network_.scheduler.now());
        refuse("57014", "canceling statement due to user request");
    }
    if (statement.starts_with("append.store") && network_.happens(fault_plan.disk_full)) {
        process_.unretryable.push_back(network_.scheduler.now());
        refuse("53100", "could not extend file");
    }
}

Result SimulatedSession::exec(const Statement& statement, const Params& params) {
    return exec_all({{statement, params}}).front();
}

void SimulatedSession::exec_all(const std::vector<postgres::Request>& requests,
                                std::vector<Result>& results) {
    require_usable();
    part_lost_ = false;
    if (network_.happens(network_.fault_plan.lost_before)) lose("before the statements");
    backend_->executing = true;
    try {
        spend(round_trip());
        if (backend_->state == Backend::State::failed) refuse("25P02", "the transaction failed");
        // BEGIN within a transaction only raises a warning.
        if (std::exchange(begin_pending_, false)) backend_->state = Backend::State::open;
        for (const auto& request : requests) results.push_back(run(request));
        if (network_.happens(network_.fault_plan.lost_after)) lose("after the statements");
        backend_->executing = false;
    } catch (...) {
        if (backend_ != nullptr) {
            backend_->executing = false;
            backend_->cancelled = false;
            if (backend_->state == Backend::State::open) backend_->state = Backend::State::failed;
        }
        throw;
    }
}

std::chrono::nanoseconds SimulatedSession::time_of_statement() {
    auto& [scheduler, server, fault_plan, trace, commits] = network_;
    auto duration = 0ns;
    if (network_.happens(fault_plan.slow)) duration += scheduler.random().between(10ms, 400ms);
    if (network_.happens(fault_plan.very_slow)) duration += scheduler.random().between(1s, 8s);
    return network_.clears(scheduler.now() + duration) - scheduler.now();
}

Result SimulatedSession::run(const postgres::Request& request) {
    auto& [scheduler, server, fault_plan, trace, commits] = network_;
    trace.add(scheduler, "backend", backend_->number, request.statement.name);
    spend(time_of_statement());
    refuse_by_chance(request.statement.name);
    refuse_lost_room(request.params);
    const auto lock_until = scheduler.now() + lock_timeout;
    const bool by_itself = backend_->state == Backend::State::idle;
    const auto wait = [&] { await_lock(lock_until); };
    auto result = [&] {
        try {
            return execute(server, *backend_, request.statement, request.params, wait);
        } catch (const Failure& failure) {
            if (backend_ != nullptr && backend_->read_only) note(failure);
            throw;
        }
    }();
    backend_->wants = nullptr;
    if (by_itself) server.commit(*backend_);
    return result;
}

void SimulatedSession::await_lock(TimePoint until) {
    network_.server.wait_for_change(*backend_, until);
    check();
    if (network_.scheduler.now() >= until)
        refuse("55P03", "canceling statement due to lock timeout");
}

void SimulatedSession::run_command(const std::string& command) {
    throw std::logic_error("the simulation runs no commands: " + command);
}

void SimulatedSession::begin() {
    require_usable();
    begin_pending_ = true;
}

void SimulatedSession::rollback() {
    // A failed ROLLBACK is a sufficient reason of its own to give up the connection.
    const bool part_lost = std::exchange(part_lost_, false);
    if (backend_ == nullptr) throw postgres::classify("", "not connected", true);
    if (std::exchange(begin_pending_, false)) return;
    if (network_.happens(network_.fault_plan.lost_before)) lose("before ROLLBACK");
    spend(round_trip());
    network_.server.roll_back(*backend_);
    part_lost_ = part_lost;
}

void SimulatedSession::note_commit() {
    const auto at = network_.scheduler.tick();
    const auto note = [&](const std::string& what) {
        network_.commits.push_back({.at = at, .process = &process_, .what = what});
        network_.trace.add(network_.scheduler, "backend", backend_->number, "commits", what);
    };
    for (const auto& id : backend_->asked) note(id);
    for (const auto& token : backend_->tokens) note(token);
}

void SimulatedSession::commit() {
    if (backend_ == nullptr) throw postgres::classify("", "not connected", true);
    if (std::exchange(begin_pending_, false)) return;
    if (backend_->state != Backend::State::open) {
        Failure failure;
        failure.discard = true;
        failure.text = "the job continued after a failed statement";
        throw failure;
    }
    if (control_->was_cut()) lose("cut before COMMIT");
    if (backend_->killed) lose("found before COMMIT");
    note_commit();
    if (network_.bad()) return commit_on_bad_network();
    await_commit(network_.scheduler.now() + round_trip());
}

void SimulatedSession::commit_on_bad_network() {
    auto& [scheduler, server, fault_plan, trace, commits] = network_;
    auto& random = scheduler.random();
    if (network_.happens(fault_plan.commit_never_sent)) lose("before COMMIT was sent");
    if (network_.happens(fault_plan.commit_refused)) {
        server.roll_back(*backend_);
        refuse("40001", "could not serialize");
    }
    if (network_.happens(fault_plan.commit_says_unknown)) {
        const bool stored = random.chance(500);
        stored ? server.commit(*backend_) : server.roll_back(*backend_);
        constexpr std::array answers{"40003", "08006", "08007", "XX000"};
        auto failure = postgres::classify(
            answers[random.below(answers.size())], "an error of the cluster", false);
        failure.in_doubt = postgres::leaves_commit_in_doubt(failure.sqlstate);
        trace.add(scheduler, "backend", backend_->number, "answers COMMIT:", failure.sqlstate);
        note(failure);
        part_lost_ = failure.sqlstate == "08006";
        throw failure;
    }
    if (network_.happens(fault_plan.commit_lost)) lose("COMMIT is lost", true);
    if (network_.happens(fault_plan.commit_answer_lost)) {
        server.commit(*backend_);
        lose("the answer to COMMIT is lost", true);
    }
    const auto within = [&](std::chrono::nanoseconds longest) {
        return network_.clears(scheduler.now() + random.between(0ms, longest));
    };
    if (network_.happens(fault_plan.commit_runs_on)) {
        server.finish_at(*backend_, server.thawed(within(8s)), random.chance(700));
        backend_->committing = true;
        lose("COMMIT runs on", true);
    }
    const auto due =
        network_.happens(fault_plan.commit_hangs) ? within(10s) : scheduler.now() + round_trip();
    await_commit(due);
}

// The COMMIT goes on even if the wait is interrupted.
void SimulatedSession::await_commit(TimePoint when) {
    auto& [scheduler, server, fault_plan, trace, sent] = network_;
    server.finish_at(*backend_, server.thawed(when), true);
    while (backend_->committing) {
        scheduler.wait();
        if (control_->was_cut()) lose("cut while it commits", true);
        if (backend_->killed) lose("the server ended the connection while it commits", true);
    }
}

}  // namespace roomstore::simulation
