#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "pool/operation.hpp"
#include "sql/events/write.hpp"

namespace roomstore::postgres {

/// An append or an update as a job of the pool: work for one room that can share a transaction with
/// others.
class RoomWriteJob final : public BatchableJob {
public:
    /// @param bytes    of the events, as `Validator` counts them
    /// @param history  `Limits::change_history`
    RoomWriteJob(sql::Write write, std::size_t bytes, std::int64_t history);

    Size size() const noexcept override { return size_; }
    void run_batch(Session& session, std::span<BatchableJob* const> jobs) override;
    std::optional<Error> refusal() const override;

    /// The events as stored, after a run that did not refuse them.
    std::vector<RoomEvent> take();

private:
    sql::Write write_;
    const Size size_;
    const std::int64_t history_;
    sql::WriteResult result_;
};

}  // namespace roomstore::postgres
