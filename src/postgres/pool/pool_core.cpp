#include "pool/pool_core.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "pool/cancel_thread.hpp"
#include "pool/watchdog.hpp"

namespace roomstore::postgres {

namespace {

// Refusals caused by the arguments or the stored rows: the pool itself has not failed.
bool is_answer(errc code) {
    return code == errc::invalid_argument || code == errc::not_found ||
           code == errc::already_exists || code == errc::conflict;
}

}  // namespace

PoolCore::PoolCore(const PostgresOptions& options,
                   std::shared_ptr<SessionFactory> factory,
                   StopTimeouts stop_timeouts)
    : options_(options),
      factory_(std::move(factory)),
      stop_timeouts_(stop_timeouts),
      log_(std::make_shared<Log>(options.log)),
      appends_({.events = options.append_batch}),
      watchdog_(std::make_unique<Watchdog>(*this)),
      cancel_thread_(std::make_unique<CancelThread>(*this)) {}

PoolCore::~PoolCore() = default;

void PoolCore::open() {
    if (in_forked_child()) throw Error(errc::closed, forked_child_text);
    auto not_yet = never;
    // Set before the lock is taken: a child forked from then on may find the lock held for ever.
    opened_after_.compare_exchange_strong(not_yet, platform::forks());
    {
        const Lock lock(mutex_);
        if (state_ == State::open) return;
        if (state_ != State::fresh) throw Error(errc::closed, why_closed_);
        state_ = State::open;
        starting_ = true;
    }
    try {
        start_threads();
    } catch (const std::exception& error) {
        end_start(true);
        shut_down();
        throw Error(errc::internal, fmt::format("cannot start the threads: {}", error.what()));
    }
    end_start(false);
}

void PoolCore::abandon() noexcept {
    // Keeps the pool reachable, so that leak detectors do not report it.
    static constinit std::atomic<PoolCore*> abandoned{nullptr};
    self_ = shared_from_this();
    next_abandoned_ = abandoned.load();
    while (!abandoned.compare_exchange_weak(next_abandoned_, this)) {
    }
}

// A concurrent close waits for the watchdog, which waits for the end of the start: it has to know
// all threads that it ends.
void PoolCore::end_start(bool failed) {
    Answers answers;
    {
        const Lock lock(mutex_);
        starting_ = false;
        if (failed) why_closed_ = "the store could not start its threads";
        if (!watchdog_->started()) {
            // There is no watchdog to close the pool, and so no thread to wait for.
            end_pool(answers);
        }
        watchdog_->wake_by(TimePoint::min());
    }
    deliver(answers);
}

void PoolCore::start_threads() {
    {
        const Lock lock(mutex_);
        workers_.reserve(options_.connections);
    }
    log_->start();
    // The watchdog ends all other threads, so it is started first.
    watchdog_->start();
    cancel_thread_->start();
    for (std::size_t i = 0; i < options_.connections; ++i) {
        auto worker = std::make_unique<Worker>();
        worker->session = factory_->make();
        worker->control = worker->session->control();
        worker->connecting_ahead = true;
        const Lock lock(mutex_);
        if (state_ != State::open) return;
        // The thread waits for the lock before it does anything.
        worker->thread = platform::Thread(
            [self = shared_from_this(), &worker = *worker] { self->work(worker); });
        ++live_workers_;
        workers_.push_back(std::move(worker));
    }
}

void PoolCore::set_background_job(Operation operation, std::shared_ptr<Job> job) {
    const Lock lock(mutex_);
    background_operation_ = std::move(operation);
    background_job_ = std::move(job);
}

void PoolCore::start(Operation operation, std::shared_ptr<Job> job) {
    const auto call = make_call(std::move(operation), std::move(job));
    const Lock lock(mutex_);
    if (state_ == State::open && why_full(*call).empty()) enqueue(call);
}

void PoolCore::guard(std::shared_ptr<SessionControl> control, TimePoint limit) {
    const Lock lock(mutex_);
    guarded_.swap(control);  // the other one is destroyed after the lock is released
    guarded_until_ = limit;
    watchdog_->wake_by(limit);
}

void PoolCore::set_on_change(std::function<void(std::string_view)> told) {
    const Lock lock(mutex_);
    on_change_ = std::move(told);
}

// One at a time, behind the calls that are queued: it must not keep the connections from them.
void PoolCore::start_background_job() {
    if (!background_job_ || background_call_ || state_ != State::open) return;
    background_wanted_ = false;
    background_call_ = make_call(background_operation_, background_job_);
    enqueue(background_call_);
}

PoolCore::CallPtr PoolCore::make_call(Operation operation, std::shared_ptr<Job> job) {
    const auto began = operation.began.value_or(Clock::now());
    const auto deadline = began + operation.deadline.value_or(options_.deadline);
    return std::make_shared<PendingCall>(
        std::move(operation), std::move(job), deadline, stop_timeouts_);
}

void PoolCore::submit(CallPtr call) noexcept {
    Answers answers;
    {
        const Lock lock(mutex_);
        if (state_ != State::open) {
            end(*call,
                CallOutcome::failed(errc::closed,
                                    state_ == State::fresh
                                        ? "the store is not open: call init() first"
                                        : why_closed_),
                answers);
        } else if (Clock::now() >= call->state.deadline()) {
            const auto limit = call->operation.deadline.value_or(options_.deadline);
            end(*call,
                failed_with(
                    errc::timeout,
                    fmt::format("its arguments were not ready within {} ms", limit.count())),
                answers);
        } else if (const auto reason = why_full(*call); !reason.empty()) {
            ++totals_.calls_refused;
            end(*call,
                failed_with(errc::busy, fmt::format("the queue is full: {}", reason)),
                answers);
        } else {
            enqueue(std::move(call));
        }
    }
    deliver(answers);
}

std::string PoolCore::why_full(const PendingCall& call) const {
    const auto leaving = std::min(idle_, queue_.size() + appends_.ready());
    auto calls = waiting() - leaving;
    const bool background_waits =
        background_call_ && background_call_->state.phase() == Phase::queued;
    if (calls > 0 && background_waits) --calls;
    if (calls >= options_.queue_capacity) {
        return fmt::format("{} calls (PostgresOptions::queue_capacity)", options_.queue_capacity);
    }
    if (calls > 0 && waiting_bytes(leaving) + call.bytes() > options_.queue_bytes) {
        return fmt::format("{} bytes (PostgresOptions::queue_bytes)", options_.queue_bytes);
    }
    return {};
}

// A worker that takes an append may take more appends with it; together they are small.
std::size_t PoolCore::waiting_bytes(std::size_t leaving) const {
    auto first = appends_.heads(leaving);
    const PendingCall* call = queue_.empty() ? nullptr : &queue_.front();
    for (auto left = leaving; left > 0 && call != nullptr; --left, call = call->links().next) {
        first.push_back(call);
    }
    std::ranges::sort(first, {}, &PendingCall::ticket);
    auto bytes = queue_.bytes() + appends_.bytes();
    for (std::size_t i = 0; i < leaving; ++i) bytes -= first[i]->bytes();
    return bytes;
}

void PoolCore::enqueue(CallPtr call) {
    watchdog_->expect_deadline(call->state.deadline());
    call->ticket = ++tickets_;
    if (options_.append_batch > 1 && call->job->batchable() != nullptr) {
        appends_.add(std::move(call));
    } else {
        queue_.push_back(std::move(call));
    }
    if (has_runnable_batch()) work_.notify_one();
}

void PoolCore::put_back(std::vector<CallPtr> calls) {
    for (const auto& call : calls) {
        call->state.put_back();
        watchdog_->expect_deadline(call->state.deadline());
    }
    if (calls.front()->job->batchable() != nullptr && options_.append_batch > 1) {
        appends_.put_back(std::move(calls));
    } else {
        for (auto call = calls.rbegin(); call != calls.rend(); ++call) {
            queue_.push_front(*call);
        }
    }
}

void PoolCore::cancel(PendingCall& call) noexcept {
    Answers answers;
    {
        const Lock lock(mutex_);
        stop(call, answers);
    }
    deliver(answers);
}

void PoolCore::stop(PendingCall& call, Answers& answers) noexcept {
    const auto now = Clock::now();
    call.state.request_stop(Stop::cancelled, now);
    if (call.state.phase() == Phase::queued) {
        if (!appends_.remove(call) && queue_.holds(call)) queue_.remove(call);
        end(call, CallOutcome::aborted(), answers);
    } else if (!call.state.may_continue()) {
        stopped_.notify_all();
        watchdog_->wake_by(now);
    }
}

void PoolCore::close(std::shared_ptr<PendingCompletion> completion) {
    Answers answers;
    {
        const Lock lock(mutex_);
        if (state_ == State::fresh) state_ = State::closed;
        if (state_ == State::closed) {
            answers.push_back({.completion = std::move(completion), .outcome = {}});
        } else {
            closing_.push_back(std::move(completion));
            if (state_ == State::open) begin_closing(answers);
        }
    }
    deliver(answers);
}

void PoolCore::shut_down() {
    Answers answers;
    {
        const Lock lock(mutex_);
        if (state_ == State::fresh) state_ = State::closed;
        if (state_ == State::open) begin_closing(answers);
        flush_queue(answers);
    }
    deliver(answers);
    join();
    log_->stop();
}

void PoolCore::begin_closing(Answers& answers) {
    state_ = State::closing;
    // Nobody waits for the background job.
    if (const auto background = background_call_) stop(*background, answers);
    for (const auto& worker : workers_) {
        // Only a call in the queue could be waiting for these connections.
        if (worker->connecting_ahead && waiting() == 0) worker->control->cut();
    }
    work_.notify_all();
    no_connection_.notify_all();
    watchdog_->begin_drain();
}

void PoolCore::flush_queue(Answers& answers) {
    const auto flush = [&](PendingCall& call) {
        call.state.request_stop(Stop::closing, Clock::now());
        end(call, stopped(call), answers);
        return true;
    };
    queue_.remove_if(flush);
    appends_.remove_if(flush);
}

void PoolCore::join() { watchdog_->join(); }

void PoolCore::end_pool(Answers& answers) {
    state_ = State::closed;
    flush_queue(answers);
    for (const auto& worker : workers_) {
        for (const auto& call : worker->calls) end(*call, stopped(*call), answers);
    }
    for (auto& completion : std::exchange(closing_, {})) {
        answers.push_back({.completion = std::move(completion), .outcome = {}});
    }
}

CallOutcome PoolCore::stopped(const PendingCall& call) const {
    const auto& operation = call.operation;
    const bool queued = call.state.phase() == Phase::queued;
    // A call that was not started waited for the same connection as the workers.
    const auto& failure = queued && !call.failure ? connect_failure_ : call.failure;
    if (call.state.phase() == Phase::committing) {
        Failure unknown;
        if (failure) unknown = *failure;
        if (unknown.text.empty()) {
            unknown.text =
                fmt::format("the answer to COMMIT did not come in time ({})", factory_->where());
        }
        return failed_with(errc::commit_unknown, unknown);
    }
    switch (call.state.stop()) {
        case Stop::cancelled:
            return CallOutcome::aborted();
        case Stop::closing:
            return failed_with(errc::closed, "the store is being closed");
        default:
            break;
    }
    if (failure && !failure->cut_by_store) return failed_with(failure->code, *failure);
    const auto limit = operation.deadline.value_or(options_.deadline);
    return failed_with(errc::timeout,
                       fmt::format("{} within {} ms ({})",
                                   queued ? why_queued(call) : "did not end",
                                   limit.count(),
                                   factory_->where()));
}

const char* PoolCore::why_queued(const PendingCall& call) const {
    if (call.job->batchable() != nullptr && appends_.holds(call.operation.room_id)) {
        return "an earlier write to the room did not finish";
    }
    const auto connected = [](const auto& worker) { return worker->connected; };
    if (std::ranges::none_of(workers_, connected)) return "no connection was made";
    return "no connection was free";
}

void PoolCore::end(PendingCall& call, CallOutcome outcome, Answers& answers) noexcept {
    if (!call.state.finish()) return;
    if (outcome.needs_context) {
        outcome.text = fmt::format("{}: {}", context_of(call.operation), outcome.text);
    }
    if (&call == background_call_.get()) {
        background_call_.reset();
        if (outcome.kind == CallOutcome::Kind::failed && state_ == State::open) {
            log_->write(LogLevel::warning, {outcome.text});
            background_wanted_ = true;
        }
        return;
    }
    if (!call.completion) return;
    switch (outcome.kind) {
        case CallOutcome::Kind::success:
            ++totals_.calls_answered;
            break;
        case CallOutcome::Kind::aborted:
            ++totals_.calls_aborted;
            break;
        case CallOutcome::Kind::failed:
            ++(is_answer(outcome.code) ? totals_.calls_answered : totals_.calls_failed);
            break;
    }
    answers.push_back({.completion = std::move(call.completion), .outcome = std::move(outcome)});
}

void PoolCore::deliver(Answers& answers) noexcept {
    for (auto& [completion, outcome] : answers) completion->answer(std::move(outcome));
    answers.clear();
}

PostgresStats PoolCore::stats() const {
    PostgresStats stats;
    {
        const Lock lock(mutex_);
        stats = totals_;
        stats.queue_length = waiting();
        for (const auto& worker : workers_) {
            if (worker->connected) ++stats.connections_open;
            if (!worker->calls.empty()) ++stats.connections_busy;
            stats.reconnects += worker->counts.reconnects;
            stats.failed_connects += worker->counts.failed_connects;
            stats.retries += worker->counts.retries;
            stats.doubts += worker->counts.doubts;
            stats.doubts_settled += worker->counts.doubts_settled;
        }
    }
    stats.log_lines_dropped = log_->dropped();
    stats.log_failures = log_->failures();
    for (auto& reading : factory_->read_metrics()) {
        stats.statements.push_back({.name = std::move(reading.name),
                                    .calls = reading.calls,
                                    .failures = reading.failures,
                                    .total = reading.total,
                                    .highest = reading.highest});
    }
    return stats;
}

}  // namespace roomstore::postgres
