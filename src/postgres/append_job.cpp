#include "append_job.hpp"

#include <utility>

namespace roomstore::postgres {

// Size of the other columns of a row, in addition to the texts that were counted.
constexpr std::size_t short_columns = 256;

AppendJob::AppendJob(sql::Append append, std::size_t bytes)
    : append_(std::move(append)),
      size_{.events = append_.events.size(),
            .bytes = bytes + short_columns * append_.events.size()} {}

void AppendJob::run_batch(Session& session, std::span<BatchableJob* const> jobs) {
    std::vector<const sql::Append*> appends;
    appends.reserve(jobs.size());
    // All batchable jobs of the pool are of this class.
    for (const BatchableJob* job : jobs)
        appends.push_back(&static_cast<const AppendJob*>(job)->append_);
    auto results = sql::append(session, appends);
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        static_cast<AppendJob*>(jobs[i])->result_ = std::move(results[i]);
    }
}

std::optional<Error> AppendJob::refusal() const {
    if (const auto* error = std::get_if<Error>(&result_)) return *error;
    return std::nullopt;
}

std::vector<RoomEvent> AppendJob::take() {
    if (auto* stored = std::get_if<std::vector<RoomEvent>>(&result_)) return std::move(*stored);
    const auto& indexes = std::get<sql::NewIndexes>(result_);
    for (std::size_t i = 0; i < indexes.size(); ++i) append_.events[i].index = indexes[i];
    return std::move(append_.events);
}

}  // namespace roomstore::postgres
