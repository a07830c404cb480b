#include "driver/libpq/pipeline.hpp"

#include <cstdlib>
#include <memory>
#include <utility>

#include "driver/result_impl.hpp"

namespace roomstore::postgres {

namespace {

struct LibpqResult final : Result::Impl {
    explicit LibpqResult(ResultHandle from) : result(std::move(from)) {
        const int row_count = PQntuples(result.get());
        const int column_count = PQnfields(result.get());
        rows = static_cast<std::size_t>(row_count);
        columns = static_cast<std::size_t>(column_count);
        affected_rows = std::strtoll(PQcmdTuples(result.get()), nullptr, 10);
        cells.reserve(rows * columns);
        for (int row = 0; row < row_count; ++row) {
            for (int column = 0; column < column_count; ++column) {
                if (PQgetisnull(result.get(), row, column) != 0) {
                    cells.push_back({nullptr, 0});
                } else {
                    const auto length = PQgetlength(result.get(), row, column);
                    cells.push_back(
                        {PQgetvalue(result.get(), row, column), static_cast<std::size_t>(length)});
                }
            }
        }
    }

    std::string column_name(int column) const override { return PQfname(result.get(), column); }

    ResultHandle result;
};

bool succeeded(const PGresult* result) {
    const auto status = PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

}  // namespace

Pipeline::Pipeline(PGconn* connection) : connection_(connection) {
    require(PQenterPipelineMode(connection_) == 1);
}

void Pipeline::send(const std::string& statement, const Values& values) {
    const Arguments arguments(values);
    require(PQsendQueryParams(connection_,
                              statement.c_str(),
                              arguments.count,
                              nullptr,
                              arguments.bytes.data(),
                              arguments.lengths.data(),
                              arguments.formats.data(),
                              0) == 1);
    ++unanswered_;
}

void Pipeline::send_prepared(const std::string& name, const Values& values) {
    const Arguments arguments(values);
    require(PQsendQueryPrepared(connection_,
                                name.c_str(),
                                arguments.count,
                                arguments.bytes.data(),
                                arguments.lengths.data(),
                                arguments.formats.data(),
                                0) == 1);
    ++unanswered_;
}

void Pipeline::flush() { require(PQpipelineSync(connection_) == 1); }

ResultHandle Pipeline::next() {
    ResultHandle result(PQgetResult(connection_));
    --unanswered_;
    if (!succeeded(result.get())) {
        auto failure = failure_of(connection_, result.get());
        if (failure.broken || skip_rest()) throw failure;
        failure.discard = true;
        if (PQstatus(connection_) == CONNECTION_OK) throw failure;
        // The server has reported why it closes the connection, and has closed it.
        auto lost = classify(failure.sqlstate, {}, true);
        lost.text = failure.text;
        throw lost;
    }
    // A null result follows each result and confirms that it is complete.
    require(ResultHandle(PQgetResult(connection_)) == nullptr);
    if (unanswered_ == 0) require(skip_rest());
    return result;
}

// After a lost connection, or if memory runs out, it is not known which statement the next result
// belongs to.
void Pipeline::require(bool accepted) const {
    if (accepted) return;
    auto failure = failure_of(connection_, nullptr);
    failure.discard = true;
    throw failure;
}

// After a failure the server skips everything up to the sync message that `flush` sent.
bool Pipeline::skip_rest() {
    for (int gaps = 0; gaps <= unanswered_ + 1;) {
        const ResultHandle skipped(PQgetResult(connection_));
        if (PQstatus(connection_) != CONNECTION_OK) return false;
        if (skipped == nullptr) {
            ++gaps;
        } else if (PQresultStatus(skipped.get()) == PGRES_PIPELINE_SYNC) {
            return PQexitPipelineMode(connection_) == 1;
        }
    }
    return false;
}

Result make_result(ResultHandle result) {
    return Result(std::make_shared<const LibpqResult>(std::move(result)));
}

}  // namespace roomstore::postgres
