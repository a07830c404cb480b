#include "pool/call_runner.hpp"

#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "roomstore/detail/text.hpp"

namespace roomstore::postgres {

namespace {

constexpr std::string_view lock_not_available = "55P03";

// The outcome of an exception that is not a failure of the server: final, and known not to be
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

// The smaller scope in which to re-run a failed batch, if that may help.
std::optional<BatchScope> retry_scope_after(BatchScope scope, const Failure& failure) {
    if (scope == BatchScope::alone) return std::nullopt;
    if (failure.remedy == Remedy::none && !failure.broken) return BatchScope::alone;
    // Another client holds one of the rooms, or the server has lost the node that stores it; calls
    // to other rooms need not wait for that.
    const bool one_room =
        failure.sqlstate == lock_not_available || failure.sqlstate.starts_with("08");
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
    if (!operation.room_id.empty()) {
        text += fmt::format(" in {}", detail::named("room", operation.room_id));
    }
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
    session_.start_call();
    Progress progress{.in_doubt = control.in_doubt(),
                      .pauses = {policy_, ++seed_},
                      .connect_pauses = {policy_, ++seed_}};
    while (control.may_continue()) {
        if (!session_.connected()) {
            if (!await_slot(control, progress)) {
                if (!control.may_continue()) break;
                return CallOutcome{.reroute = true};
            }
            const auto earlier = connect_failure_;
            const auto& failure = connect_ahead(control.deadline());
            // An attempt that ran out of time says less than the one before it.
            if (failure && earlier && control.now() >= control.deadline()) {
                connect_failure_ = earlier;
            }
            if (failure) {
                if (control.drop_stopped()) continue;
                if (!control.may_continue()) break;
                control.note(*failure);
                control.on_connect_failed(*failure);
                if (control.others_connected()) return CallOutcome{.reroute = true};
                const bool hopeless =
                    failure->no_server && operation.first_contact && !connected_once_;
                if (failure->remedy == Remedy::none || hopeless) {
                    return give_up(*failure, progress);
                }
                control.pause(control.now() + progress.connect_pauses.next());
            }
            continue;
        }
        Failure failure;
        if (auto outcome = attempt(control, operation, job, progress, failure)) return *outcome;
        if (std::exchange(progress.repeats, false)) continue;
        // After a stop, a statement fails because it was cancelled or its connection was cut. That
        // does not count as an attempt of the remaining calls.
        if (control.drop_stopped()) {
            --progress.attempts;
            continue;
        }
        if (!control.may_continue()) break;
        const auto scope = retry_scope_after(control.batch_scope(), failure);
        // A failure that a single call of the batch may have caused is not noted for the others,
        // unless it leaves their COMMIT in doubt as well.
        if (!scope || failure.in_doubt) control.note(failure);
        if (scope) {
            auto outcome = give_up(failure, progress);
            outcome.retry_scope = scope;
            return outcome;
        }
        if (!should_retry(operation, failure, progress)) return give_up(failure, progress);
        ++counts_.retries;
        control.retrying(failure);
        // The first time, a lost session is replaced at once: the cause of the loss may be over.
        if (!failure.broken || progress.attempts > 1) {
            control.pause(control.now() + progress.pauses.next());
        }
    }
    return control.stopped();
}

// Prefer a connected worker to waiting for a reconnect slot.
bool CallRunner::await_slot(CallControl& control, const Progress& progress) {
    // The first connection of a worker is not a reconnect and needs no slot.
    if (!connected_once_ && !connect_failure_) return true;
    // If the call ends before it gets its slot, the connection failure is the reason.
    if (connect_failure_ && progress.attempts == 0) control.note(*connect_failure_);
    const auto when = limit_.reserve(control.now());
    // The pause ends early if a call of the batch is stopped. The others wait for the slot.
    while (control.now() < when && control.may_continue()) {
        if (control.others_connected()) break;
        control.await_slot(when);
        control.drop_stopped();
    }
    if (control.now() >= when && control.may_continue()) return true;
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
        connect_failure_ = failure;
    } catch (const std::exception& error) {
        connect_failure_.emplace().text = error.what();
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
        session_.start_job();
        job.run(session_);
        if (session_.repeat()) {
            commit_part(control, progress);
            return std::nullopt;
        }
        auto outcome = writes ? end_write(control, progress) : CallOutcome{};
        const bool succeeded = outcome && outcome->kind == CallOutcome::Kind::success;
        if (succeeded && progress.in_doubt) ++counts_.doubts_settled;
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

// A definite refusal on the re-run settles the doubt; an internal error or corrupt data does not.
void CallRunner::settle(CallOutcome& outcome) {
    if (outcome.code == errc::internal || outcome.code == errc::corrupt_data) {
        leave_in_doubt(outcome);
    } else {
        ++counts_.doubts_settled;
    }
}

std::optional<CallOutcome> CallRunner::end_write(CallControl& control, const Progress& progress) {
    if (progress.in_doubt) {
        // The first run may be committed on this server but not yet on the standbys, and this run
        // finds it done. Before it is answered, it must be as durable as any other.
        session_.expect_durable();
    } else if (!session_.has_changes()) {
        roll_back();
        return CallOutcome{};
    }
    if (!control.enter_commit()) {
        roll_back();
        if (control.may_continue()) return std::nullopt;
        return control.stopped();
    }
    commit();
    return CallOutcome{};
}

// What is committed is no part of the call's outcome, which therefore is never in doubt.
void CallRunner::commit_part(CallControl& control, Progress& progress) {
    control.note(*session_.repeat());
    if (!control.may_continue()) {
        roll_back();
    } else {
        try {
            commit();
        } catch (Failure& failure) {
            if (std::exchange(failure.in_doubt, false)) failure.remedy = Remedy::rerun;
            throw;
        }
    }
    --progress.attempts;
    progress.repeats = true;
}

// If an exception other than a Failure is thrown from here on, COMMIT may have been sent.
void CallRunner::commit() {
    try {
        session_.commit();
    } catch (const Failure&) {
        throw;
    } catch (const std::exception& error) {
        Failure failure;
        failure.in_doubt = true;
        failure.discard = true;
        // An exception here would be taken for one from before COMMIT.
        [&]() noexcept { failure.text = fmt::format("after COMMIT: {}", error.what()); }();
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

bool CallRunner::should_retry(const Operation& operation,
                              const Failure& failure,
                              Progress& progress) {
    // A COMMIT in doubt must be settled, or reported; any other answer could be wrong.
    if (progress.in_doubt && operation.rerun != Rerun::settles) return false;
    if (failure.in_doubt) return true;
    const bool stray = stray_cancel_ && failure.sqlstate == "57014";
    if (failure.remedy == Remedy::none && !stray) return false;
    if (failure.remedy == Remedy::reconnect_once &&
        std::exchange(progress.replaced_session, true)) {
        return false;
    }
    const bool gave_way = operation.patient && failure.sqlstate == lock_not_available;
    return progress.in_doubt || gave_way || progress.attempts < policy_.attempts;
}

CallOutcome CallRunner::give_up(const Failure& failure, const Progress& progress) {
    auto told = failure;
    if (progress.attempts > 1) {
        told.text += fmt::format(" (after {} attempts)", progress.attempts);
    }
    auto outcome = failed_with(failure.code, told);
    if (progress.in_doubt) leave_in_doubt(outcome);
    return outcome;
}

}  // namespace roomstore::postgres
