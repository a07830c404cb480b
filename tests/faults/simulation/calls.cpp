#include "faults/simulation/calls.hpp"

#include <utility>

#include <asio/io_context.hpp>

#include "faults/simulation/statements.hpp"
#include "pool/completion.hpp"
#include "pool/pool_core.hpp"

namespace roomstore::simulation {

using postgres::CallOutcome;
using postgres::Session;

namespace {

/// Execution context of the completion handlers. All runs share it: it is empty after each run.
asio::io_context& callers() {
    static asio::io_context context{1};
    return context;
}

/// Wakes the task that waits for the outcome.
class TaskCompletion final : public postgres::PendingCompletion {
public:
    static std::shared_ptr<TaskCompletion> make() {
        std::shared_ptr<TaskCompletion> completion(new TaskCompletion);
        completion->link();
        return completion;
    }

    /// No value if `until` came first.
    std::optional<CallOutcome> wait(TimePoint until) {
        auto& scheduler = Scheduler::current();
        while (!outcome_ && scheduler.now() < until) scheduler.wait(until);
        return std::exchange(outcome_, std::nullopt);
    }

private:
    TaskCompletion()
        : PendingCompletion(callers().get_executor()),
          scheduler_(Scheduler::current()),
          task_(scheduler_.task()) {}

    void resume(CallOutcome outcome) override {
        outcome_ = std::move(outcome);
        scheduler_.wake(task_);
    }
    void drop() override {}

    Scheduler& scheduler_;
    Task& task_;
    std::optional<CallOutcome> outcome_;
};

class Read final : public postgres::Job {
public:
    explicit Read(std::string room_id) : room_id_(std::move(room_id)) {}

    void run(Session& session) override {
        const auto rows = session.exec(read_room, postgres::Params().add(room_id_));
        seen.clear();
        for (std::size_t i = 0; i < rows.size(); ++i) {
            seen.emplace_back(rows[i].int64(0), rows[i].text(1));
        }
    }

    std::vector<std::pair<std::int64_t, std::string>> seen;

private:
    std::string room_id_;
};

class WriteOnce final : public postgres::Job {
public:
    explicit WriteOnce(const Request& request) : token_(request.token), refuses_(request.refuses) {}

    void run(Session& session) override {
        if (session.exec(write_once, postgres::Params().add(token_)).empty()) {
            throw Error(errc::already_exists, token_);
        }
        if (refuses_) throw Error(errc::conflict, token_);
    }

private:
    std::string token_;
    bool refuses_;
};

CallOutcome submit(Process& process,
                   CallRecord& record,
                   postgres::Operation operation,
                   std::shared_ptr<postgres::Job> job) {
    auto& scheduler = Scheduler::current();
    const auto pool = process.pool;
    operation.deadline = record.request->deadline;
    operation.bytes = record.request->bytes;
    record.began = scheduler.now();
    record.invoked = scheduler.tick();
    const auto call = pool->make_call(std::move(operation), std::move(job));
    const auto completion = TaskCompletion::make();
    call->completion = completion;
    pool->submit(call);
    if (const auto& after = record.request->cancel_after) {
        if (auto outcome = completion->wait(record.began + *after)) return *std::move(outcome);
        pool->cancel(*call);
        record.cancelled = scheduler.now();
        record.cancelled_at = scheduler.tick();
    }
    return *completion->wait(TimePoint::max());
}

// The same call as PostgresStore makes.
void append(Process& process, CallRecord& record) {
    const auto& request = *record.request;
    constexpr const char* name = "append_events";
    const auto job = std::make_shared<postgres::RoomWriteJob>(
        postgres::sql::Append(name, request.room_id, request.events, request.expected_next_index),
        100 * request.events.size(),
        0);
    record.outcome = submit(process,
                            record,
                            {.name = name,
                             .mode = postgres::Mode::write,
                             .rerun = postgres::Rerun::settles,
                             .room_id = request.room_id},
                            job);
    if (!record.success()) return;
    for (const RoomEvent& event : job->take()) record.answer.emplace_back(event.index, event.id);
}

}  // namespace

std::string CallRecord::summary() const {
    const auto& asked = *request;
    std::string text = "client " + std::to_string(client) + " of process " +
                       std::to_string(process->number) + ": ";
    switch (asked.kind) {
        case Request::Kind::append:
            text += "append of";
            for (const RoomEvent& event : asked.events) text += " " + event.id;
            break;
        case Request::Kind::write_once:
            text += "write of " + asked.token;
            break;
        case Request::Kind::read:
            text += "read of " + asked.room_id;
            break;
    }
    if (answered == 0) return text;
    if (success()) {
        text += ": done";
        for (const auto& [index, id] : answer) text += " " + id + "@" + std::to_string(index);
    } else if (aborted()) {
        text += ": aborted";
    } else {
        text += ": " + make_error_code(outcome.code).message() + " (" + outcome.text + ")";
    }
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(ended - began);
    return text + ", after " + std::to_string(took.count()) + " ms of " +
           std::to_string(asked.deadline.count());
}

CallRecord make_call(Process& process, int client, RequestPtr request) {
    CallRecord record{.request = std::move(request), .process = &process, .client = client};
    const auto& asked = *record.request;
    if (asked.kind == Request::Kind::append) {
        append(process, record);
    } else if (asked.kind == Request::Kind::write_once) {
        record.outcome = submit(
            process,
            record,
            {.name = "write_once", .mode = postgres::Mode::write, .rerun = postgres::Rerun::unsafe},
            std::make_shared<WriteOnce>(asked));
    } else {
        const auto job = std::make_shared<Read>(asked.room_id);
        record.outcome =
            submit(process, record, {.name = "read_room", .mode = postgres::Mode::read}, job);
        if (record.success()) record.answer = std::move(job->seen);
    }
    record.ended = Scheduler::current().now();
    record.answered = Scheduler::current().tick();
    return record;
}

void close_pool(postgres::PoolCore& pool, bool drains) {
    if (!drains) return pool.shut_down();
    const auto completion = TaskCompletion::make();
    pool.close(completion);
    static_cast<void>(completion->wait(TimePoint::max()));
    pool.join();
}

void deliver_answers() {
    auto& context = callers();
    context.poll();
    if (context.stopped()) context.restart();
}

}  // namespace roomstore::simulation
