#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "driver/session.hpp"
#include "roomstore/query.hpp"
#include "sql/unreadable_rows.hpp"

/// Lists of rows, some of which this build may not be able to read: rows of a newer build on the
/// same database must not make the other rows unreadable, or a page short.
namespace roomstore::postgres {

/// The rows that one list leaves out. Reported at the end, because a list that is restarted also
/// restarts its count.
class LeftOut {
public:
    LeftOut(UnreadableRows& all, Table table, std::string_view room_id)
        : all_(all), table_(table), room_id_(room_id) {}

    void add(const ColumnError& error) {
        if (count_++ == 0) column_ = error.column();
    }
    void clear() noexcept { count_ = 0; }
    bool empty() const noexcept { return count_ == 0; }
    /// Whether an earlier list has left out a row of the same table.
    bool expected() const noexcept { return all_.found_in(table_); }
    void report() const {
        if (count_ != 0) all_.add(table_, room_id_, count_, column_);
    }

private:
    UnreadableRows& all_;
    Table table_;
    std::string_view room_id_;
    std::uint64_t count_ = 0;
    std::string column_;
};

/// Reads every row of `result` that this build can read.
template <typename Read>
auto read_rows(const Result& result, LeftOut& left_out, Read read) {
    std::vector<decltype(read(result[0]))> rows;
    rows.reserve(result.size());
    for (std::size_t i = 0; i < result.size(); ++i) {
        try {
            rows.push_back(read(result[i]));
        } catch (const ColumnError& error) {
            left_out.add(error);
        }
    }
    return rows;
}

template <typename Read>
auto read_list(const Result& result, LeftOut left_out, Read read) {
    auto rows = read_rows(result, left_out, read);
    left_out.report();
    return rows;
}

/// Reads a list from its first row until `limit` rows after the first `offset` have been read, or
/// the list ends. `next(count)` returns the rows that follow those already read. Unreadable rows
/// count for neither.
template <typename Next, typename Read>
auto read_on(std::int64_t offset, std::int64_t limit, LeftOut& left_out, Next next, Read read) {
    // Bounds on the rows of one round trip: where rows are only skipped, and where they replace
    // unreadable ones.
    constexpr std::int64_t most_counted = 1000;
    constexpr std::int64_t most_replaced = 100;
    std::vector<decltype(read(Result()[0]))> rows;
    std::int64_t asked = 0;
    std::int64_t missing = limit;
    bool more = true;
    while (more) {
        const auto most = std::max(missing, most_counted);
        const auto wanted = offset > most - missing ? most : offset + missing;
        asked = std::max(wanted, std::min(2 * asked, most_replaced));
        const Result found = next(asked);
        // Growing the list would move its rows several times.
        rows.reserve(rows.size() + std::min(static_cast<std::size_t>(missing), found.size()));
        for (std::size_t i = 0; i < found.size() && missing > 0; ++i) {
            try {
                auto row = read(found[i]);
                if (offset > 0) {
                    --offset;
                } else {
                    rows.push_back(std::move(row));
                    --missing;
                }
            } catch (const ColumnError& error) {
                if (offset == 0) left_out.add(error);
            }
        }
        more = missing > 0 && static_cast<std::int64_t>(found.size()) == asked;
    }
    return rows;
}

/// Reads a page of a list. `at(offset)` returns the page in one round trip if all rows of the list
/// are readable; `next` as in `read_on`.
///
/// An offset counts readable rows; otherwise pages would repeat some rows. As long as no list has
/// met an unreadable row, the server counts all rows: a caller that reads page after page then
/// knows that the earlier pages had no such row.
template <typename At, typename Next, typename Read>
auto read_page(std::int64_t offset,
               std::int64_t limit,
               LeftOut left_out,
               At at,
               Next next,
               Read read) {
    if (offset > 0 && !left_out.expected()) {
        auto rows = read_rows(at(offset), left_out, read);
        if (left_out.empty()) return rows;
        left_out.clear();
    }
    auto rows = read_on(offset, limit, left_out, next, read);
    left_out.report();
    return rows;
}

/// Reads all rows of a list, or a page of them. The last parameters of `statement` are the offset
/// and the limit; `params` are the others.
template <typename Read>
auto read_all_or_page(Session& session,
                      const Statement& statement,
                      const Params& params,
                      const std::optional<Page>& page,
                      LeftOut left_out,
                      Read read) {
    const auto rows = [&](std::int64_t offset, std::optional<std::int64_t> limit) {
        return session.exec(statement, Params(params).add(offset).add(limit));
    };
    if (!page) return read_list(rows(0, std::nullopt), left_out, read);
    const auto at = [&](std::int64_t offset) { return rows(offset, page->limit); };
    const auto next = [&, position = std::int64_t{0}](std::int64_t count) mutable {
        return rows(std::exchange(position, position + count), count);
    };
    return read_page(page->offset, page->limit, left_out, at, next, read);
}

}  // namespace roomstore::postgres
