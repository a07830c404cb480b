#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "log.hpp"

namespace roomstore::postgres {

/// The tables whose rows are listed.
enum class Table : std::uint8_t { rooms, events, bindings, participants, tasks, observations };
inline constexpr std::array table_names{"rooms",
                                        "events",
                                        "bindings",
                                        "participants",
                                        "tasks",
                                        "observations"};

/// Counts the rows that the lists of one store have left out because this build cannot read them,
/// and logs them. Thread-safe.
class UnreadableRows {
public:
    explicit UnreadableRows(std::shared_ptr<Log> log) : log_(std::move(log)) {}

    /// @param room_id  empty for lists of rooms
    /// @param column   the column that could not be read in the first of them
    void add(Table table, std::string_view room_id, std::uint64_t count, std::string_view column);

    /// Whether a list has left out a row of `table`.
    bool found_in(Table table) const noexcept {
        return counts_[static_cast<std::size_t>(table)] != 0;
    }

    std::uint64_t count() const noexcept {
        std::uint64_t sum = 0;
        for (const auto& count : counts_) sum += count;
        return sum;
    }

private:
    const std::shared_ptr<Log> log_;
    std::array<std::atomic<std::uint64_t>, table_names.size()> counts_{};
};

}  // namespace roomstore::postgres
