#include "driver/pqxx_result.hpp"

#include <memory>
#include <utility>

#include "driver/result_impl.hpp"

namespace roomstore::postgres {

namespace {

struct PqxxResult final : Result::Impl {
    explicit PqxxResult(pqxx::result from) : result(std::move(from)) {
        rows = static_cast<std::size_t>(result.size());
        columns = static_cast<std::size_t>(result.columns());
        affected_rows = static_cast<std::int64_t>(result.affected_rows());
        // Each field of libpqxx shares ownership of the whole result: three atomic counts, a
        // thousand times for a page of events. Walked once, a row at a time, and never again.
        cells.reserve(rows * columns);
        for (const auto& row : result) {
            for (auto field = row.begin(); field != row.end(); ++field) {
                if (field->is_null()) {
                    cells.push_back({nullptr, 0});
                } else {
                    cells.push_back({field->c_str(), static_cast<std::size_t>(field->size())});
                }
            }
        }
    }

    std::string column_name(int column) const override {
        return result.column_name(static_cast<pqxx::row_size_type>(column));
    }

    pqxx::result result;
};

}  // namespace

Result make_result(pqxx::result result) {
    return Result(std::make_shared<const PqxxResult>(std::move(result)));
}

}  // namespace roomstore::postgres
