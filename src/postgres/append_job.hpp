#pragma once

#include <optional>
#include <span>
#include <vector>

#include "pool/operation.hpp"
#include "sql/events/append.hpp"

namespace roomstore::postgres {

/// An append as the workers see it: work for one room that shares its transaction with others.
class AppendJob final : public BatchableJob {
public:
    explicit AppendJob(sql::Append append);

    Size size() const noexcept override { return size_; }
    void run_batch(Session& session, std::span<BatchableJob* const> jobs) override;
    std::optional<Error> refusal() const override;

    /// The events as stored, after a run that refused nothing.
    std::vector<RoomEvent> take();

private:
    sql::Append append_;
    const Size size_;
    sql::AppendResult result_;
};

}  // namespace roomstore::postgres
