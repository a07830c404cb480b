#pragma once

#include <optional>
#include <span>
#include <vector>

#include "pool/operation.hpp"
#include "sql/events/append.hpp"

namespace roomstore::postgres {

/// An append as a job of the pool: work for one room that can share a transaction with others.
class AppendJob final : public BatchableJob {
public:
    /// @param bytes  of the events, as `Validator` counts them
    AppendJob(sql::Append append, std::size_t bytes);

    Size size() const noexcept override { return size_; }
    void run_batch(Session& session, std::span<BatchableJob* const> jobs) override;
    std::optional<Error> refusal() const override;

    /// The events as stored, after a run that did not refuse them.
    std::vector<RoomEvent> take();

private:
    sql::Append append_;
    const Size size_;
    sql::AppendResult result_;
};

}  // namespace roomstore::postgres
