#include "room_write_job.hpp"

#include <utility>
#include <variant>

namespace roomstore::postgres {

namespace {

// Size of the other columns of a row, in addition to the texts that were counted.
constexpr std::size_t short_columns = 256;

std::size_t events_of(const sql::Write& write) {
    const auto* const append = std::get_if<sql::Append>(&write);
    return append != nullptr ? append->events.size() : 1;
}

}  // namespace

RoomWriteJob::RoomWriteJob(sql::Write write, std::size_t bytes, std::int64_t history)
    : write_(std::move(write)),
      size_{.events = events_of(write_), .bytes = bytes + short_columns * events_of(write_)},
      history_(history) {}

void RoomWriteJob::run_batch(Session& session, std::span<BatchableJob* const> jobs) {
    std::vector<const sql::Write*> writes;
    writes.reserve(jobs.size());
    // All batchable jobs of the pool are of this class.
    for (const BatchableJob* job : jobs)
        writes.push_back(&static_cast<const RoomWriteJob*>(job)->write_);
    auto results = sql::write(session, writes, history_);
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        static_cast<RoomWriteJob*>(jobs[i])->result_ = std::move(results[i]);
    }
}

std::optional<Error> RoomWriteJob::refusal() const {
    if (const auto* error = std::get_if<Error>(&result_)) return *error;
    return std::nullopt;
}

std::vector<RoomEvent> RoomWriteJob::take() {
    if (auto* stored = std::get_if<std::vector<RoomEvent>>(&result_)) return std::move(*stored);
    if (auto* updated = std::get_if<sql::UpdatedEvent>(&result_)) {
        std::vector<RoomEvent> events;
        RoomEvent& event = events.emplace_back(std::move(std::get<sql::Update>(write_).event));
        event.index = updated->index;
        event.idempotency_key = std::move(updated->idempotency_key);
        event.created_at = updated->created_at;
        return events;
    }
    auto& events = std::get<sql::Append>(write_).events;
    const auto& indexes = std::get<sql::NewIndexes>(result_);
    for (std::size_t i = 0; i < indexes.size(); ++i) events[i].index = indexes[i];
    return std::move(events);
}

}  // namespace roomstore::postgres
