#include "pool/call_runner.hpp"

#include <exception>
#include <new>
#include <string>
#include <utility>

#include "pool/memory.hpp"
#include "roomstore/detail/text.hpp"

namespace roomstore::postgres {

namespace {

// What a job refuses or cannot do, apart from failures of the server: final, and known not to be
// stored.
CallOutcome outcome_of_current_exception() {
    const auto internal = [](const char* what) { return failed_with(errc::internal, what); };
    try {
        throw;
    } catch (const Error& error) {
        if (error.code().category() != error_category()) return internal(error.what());
        return CallOutcome::failed(
            static_cast<errc>(error.code().value()), error.detail(), error.sqlstate());
    } catch (const ColumnError& error) {
        return failed_with(errc::corrupt_data, error.what());
    } catch (const std::bad_alloc&) {
        return internal("out of memory");
    } catch (const std::exception& error) {
        return internal(error.what());
    } catch (...) {
        return internal("an exception of unknown type");
    }
}

// In what company to try again what failed in more, if that may help.
std::optional<BatchScope> retry_scope_after(BatchScope scope, const Failure& failure) {
    if (scope == BatchScope::alone) return std::nullopt;
    if (failure.remedy == Remedy::none && !failure.broken) return BatchScope::alone;
    // Somebody else keeps one of the rooms, or the server has lost the one that stores it; those
    // who want another room need not wait for it.
    const bool one_room = failure.sqlstate == "55P03" || failure.sqlstate.starts_with("08");
    if (scope == BatchScope::any_room && !failure.broken && one_room) return BatchScope::one_room;
    return std::nullopt;
}

void leave_in_doubt(CallOutcome& outcome) {
    outcome.code_if_not_committed = outcome.code;
    outcome.code = errc::commit_unknown;
}

}  // namespace

std::string context_of(const Operation& operation) {
    std::string text(operation.name);
    if (!operation.room_id.empty()) text += " in " + detail::named("room", operation.room_id);
    return text;
}

CallOutcome failed_with(errc code, std::string text, std::string sqlstate) {
    auto outcome = CallOutcome::failed(code, std::move(text), std::move(sqlstate));
    outcome.needs_context = true;
    return outcome;
}

CallOutcome failed_with(errc code, const Failure& failure) {
    return failed_with(code, failure.text, failure.sqlstate);
}

CallOutcome CallRunner::run(CallControl& control, const Operation& operation, Job& job) {
    Progress progress{.in_doubt = control.in_doubt(),
                      .pauses = {policy_, ++seed_},
                      .connect_pauses = {policy_, ++seed_}};
    while (control.may_go_on()) {
        if (!session_.connected()) {
            if (!await_turn(control, progress)) {
                if (!control.may_go_on()) break;
                return CallOutcome{.reroute = true};
            }
            if (const auto& failure = connect_ahead(control.deadline())) {
                if (control.drop_stopped()) continue;
                if (!control.may_go_on()) break;
                control.note(*failure);
                control.cannot_connect(*failure);
                if (control.others_connected()) return CallOutcome{.reroute = true};
                if (failure->remedy == Remedy::none) return give_up(*failure, progress);
                control.pause(control.now() + progress.connect_pauses.next());
            }
            continue;
        }
        Failure failure;
        if (auto outcome = attempt(control, operation, job, progress, failure)) return *outcome;
        // After a stop a statement fails because it was cancelled, or its connection cut. That is
        // no attempt of those who go on.
        if (control.drop_stopped()) {
            --progress.attempts;
            continue;
        }
        if (!control.may_go_on()) break;
        const auto scope = retry_scope_after(control.batch_scope(), failure);
        // What one of several met is not told to the others, unless it was their COMMIT as well.
        if (!scope || failure.in_doubt) control.note(failure);
        if (scope) {
            auto outcome = give_up(failure, progress);
            outcome.retry_scope = scope;
            return outcome;
        }
        if (!helps(operation, failure, progress)) return give_up(failure, progress);
        ++counts_.retries;
        control.repeats(failure);
        // A lost session is replaced at once, the first time; whatever took it may be over.
        if (!failure.broken || progress.attempts > 1) {
            control.pause(control.now() + progress.pauses.next());
        }
    }
    return control.stopped();
}

// Whoever has a connection serves the call sooner than a turn that is seconds away.
bool CallRunner::await_turn(CallControl& control, const Progress& progress) {
    // The first connection of a worker is nobody's reconnect.
    if (!connected_once_ && !connect_failure_) return true;
    // Should the call end before it is its turn, then for the reason for which it waits.
    if (connect_failure_ && progress.attempts == 0) control.note(*connect_failure_);
    const auto when = limit_.reserve(control.now());
    // The pause ends early where one of several is stopped. The others wait for their turn.
    while (control.now() < when && control.may_go_on()) {
        if (control.others_connected()) break;
        control.await_turn(when);
        control.drop_stopped();
    }
    if (control.now() >= when && control.may_go_on()) return true;
    limit_.give_back(when);
    return false;
}

const std::optional<Failure>& CallRunner::connect_ahead(CallControl::TimePoint deadline) noexcept {
    try {
        session_.connect(deadline);
        if (connected_once_) ++counts_.reconnects;
        connected_once_ = true;
        stray_cancel_ = false;
        connect_failure_.reset();
    } catch (const Failure& failure) {
        insist([&] { connect_failure_ = failure; });
    } catch (const std::exception& error) {
        insist([&] { connect_failure_.emplace().text = error.what(); });
    }
    if (connect_failure_) ++counts_.failed_connects;
    return connect_failure_;
}

std::optional<CallOutcome> CallRunner::attempt(CallControl& control,
                                               const Operation& operation,
                                               Job& job,
                                               Progress& progress,
                                               Failure& failure) {
    ++progress.attempts;
    const bool writes = operation.mode == Mode::write;
    try {
        if (writes) session_.begin();
        session_.expect_changes();
        job.run(session_);
        auto outcome = writes ? end_write(control, progress) : CallOutcome{};
        if (outcome && progress.in_doubt) ++counts_.doubts_settled;
        return outcome;
    } catch (const Failure& caught) {
        failure = caught;
    } catch (...) {
        auto outcome = outcome_of_current_exception();
        if (writes) roll_back();
        if (control.batch_scope() != BatchScope::alone) {
            outcome.retry_scope = BatchScope::alone;
        } else if (progress.in_doubt) {
            settle(outcome);
        }
        return outcome;
    }
    if (failure.in_doubt) {
        ++counts_.doubts;
        progress.in_doubt = true;
        control.doubt();
    } else {
        control.commit_failed();
    }
    clean_up(operation, failure);
    return std::nullopt;
}

// A refusal of the second run is the truth about the first. An accident is not.
void CallRunner::settle(CallOutcome& outcome) {
    if (outcome.code == errc::internal || outcome.code == errc::corrupt_data) {
        leave_in_doubt(outcome);
    } else {
        ++counts_.doubts_settled;
    }
}

std::optional<CallOutcome> CallRunner::end_write(CallControl& control, const Progress& progress) {
    if (progress.in_doubt) {
        // The first run may be committed here and not on the standbys yet, and found done by this
        // one. To be answered it must be as safe as any other.
        session_.expect_durable();
    } else if (!session_.has_changes()) {
        roll_back();
        return CallOutcome{};
    }
    if (!control.enter_commit()) {
        roll_back();
        if (control.may_go_on()) return std::nullopt;
        return control.stopped();
    }
    commit();
    return CallOutcome{};
}

// Whatever goes wrong from here on that the session cannot put into words, COMMIT may have been
// sent.
void CallRunner::commit() {
    try {
        session_.commit();
    } catch (const Failure&) {
        throw;
    } catch (const std::exception& error) {
        Failure failure;
        failure.in_doubt = true;
        failure.discard = true;
        insist([&] { failure.text = std::string("after COMMIT: ") + error.what(); });
        throw failure;
    }
}

void CallRunner::clean_up(const Operation& operation, const Failure& failure) {
    const bool replace =
        failure.remedy == Remedy::reconnect || failure.remedy == Remedy::reconnect_once;
    if (failure.broken || failure.discard || replace) {
        session_.disconnect();
    } else if (operation.mode == Mode::write) {
        roll_back();
    }
}

void CallRunner::roll_back() {
    // Closing the connection rolls back as well.
    try {
        session_.rollback();
        if (session_.transaction_status() == TransactionStatus::idle) return;
    } catch (const Failure&) {
    }
    session_.disconnect();
}

bool CallRunner::helps(const Operation& operation, const Failure& failure, Progress& progress) {
    // The doubt must be settled, or reported; no other answer would be true.
    if (progress.in_doubt && operation.rerun != Rerun::settles) return false;
    if (failure.in_doubt) return true;
    const bool stray = stray_cancel_ && failure.sqlstate == "57014";
    if (failure.remedy == Remedy::none && !stray) return false;
    if (failure.remedy == Remedy::reconnect_once &&
        std::exchange(progress.replaced_session, true)) {
        return false;
    }
    return progress.in_doubt || progress.attempts < policy_.attempts;
}

CallOutcome CallRunner::give_up(const Failure& failure, const Progress& progress) {
    auto told = failure;
    if (progress.attempts > 1) {
        told.text += " (after " + std::to_string(progress.attempts) + " attempts)";
    }
    auto outcome = failed_with(failure.code, told);
    if (progress.in_doubt) leave_in_doubt(outcome);
    return outcome;
}

}  // namespace roomstore::postgres
