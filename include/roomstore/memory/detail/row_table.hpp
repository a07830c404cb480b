#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "roomstore/model/timestamp.hpp"

namespace roomstore::detail::memory {

/// Rows of one kind in one room: found by id, listed by (time, id).
///
/// Rows are immutable and shared, so that they can be copied without a lock.
template <typename Model, std::string Model::* Id, Timestamp Model::* Time>
class RowTable {
public:
    using Row = Model;
    using RowPtr = std::shared_ptr<const Row>;

    static constexpr auto id_of = Id;
    static constexpr auto time_of = Time;

    std::size_t size() const noexcept { return rows_.size(); }

    /// The row with that id, or null.
    RowPtr find(std::string_view id) const noexcept {
        const auto row = rows_.find(id);
        return row == rows_.end() ? nullptr : row->second;
    }

    bool contains(std::string_view id) const noexcept { return rows_.contains(id); }

    /// Adds a row with a new id. Strong exception guarantee.
    void insert(RowPtr row) {
        const Row& added = *row;
        const auto entry = rows_.emplace(added.*Id, std::move(row)).first;
        try {
            order_.emplace(added.*Time, entry->first);
        } catch (...) {
            rows_.erase(entry);
            throw;
        }
    }

    /// Replaces the row that has the id and the time of `row`.
    void replace(RowPtr row) noexcept {
        const auto entry = rows_.find((*row).*Id);
        entry->second = std::move(row);
    }

    /// @returns whether there was a row with that id.
    bool erase(std::string_view id) noexcept {
        const auto entry = rows_.find(id);
        if (entry == rows_.end()) return false;
        order_.erase({(*entry->second).*Time, entry->first});
        rows_.erase(entry);
        return true;
    }

    /// All rows by (time, id).
    std::vector<RowPtr> list() const {
        std::vector<RowPtr> all;
        all.reserve(rows_.size());
        for (const auto& [time, id] : order_) all.push_back(rows_.find(id)->second);
        return all;
    }

    /// All rows by id.
    const auto& by_id() const noexcept { return rows_; }

private:
    std::map<std::string, RowPtr, std::less<>> rows_;
    /// The ids refer to the keys of `rows_`.
    std::set<std::pair<Timestamp, std::string_view>> order_;
};

}  // namespace roomstore::detail::memory
