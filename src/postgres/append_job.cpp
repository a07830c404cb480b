#include "append_job.hpp"

#include <utility>

#include "sql/events/columns.hpp"
#include "sql/events/content_text.hpp"

namespace roomstore::postgres {

namespace {

BatchableJob::Size size_of(const sql::Append& append) {
    constexpr std::size_t short_columns = 256;
    BatchableJob::Size size{.events = append.events.size()};
    // Both texts are written again when it is sent: what waits holds each event once.
    for (const RoomEvent& event : append.events) {
        const auto extra = sql::extra_text(event);
        size.bytes += short_columns + sql::content_text(event.content).size();
        if (extra) size.bytes += extra->size();
    }
    return size;
}

}  // namespace

AppendJob::AppendJob(sql::Append append) : append_(std::move(append)), size_(size_of(append_)) {}

void AppendJob::run_batch(Session& session, std::span<BatchableJob* const> jobs) {
    std::vector<const sql::Append*> appends;
    appends.reserve(jobs.size());
    // The pool knows no other joint jobs.
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
