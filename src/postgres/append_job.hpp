#pragma once

#include <optional>
#include <span>
#include <vector>

#include "sql/append.hpp"
#include "workers/operation.hpp"

namespace roomstore::postgres {

/// An append as the workers see it: work for one room that shares its transaction with others.
class AppendJob final : public JointJob {
public:
    explicit AppendJob(sql::Append append);

    Size size() const noexcept override { return size_; }
    void run_together(Session& session, std::span<JointJob* const> jobs) override;
    std::optional<Error> refusal() const override;

    /// The events as stored, after a run that refused nothing.
    std::vector<RoomEvent> take();

private:
    sql::Append append_;
    const Size size_;
    sql::AppendResult result_;
};

}  // namespace roomstore::postgres
