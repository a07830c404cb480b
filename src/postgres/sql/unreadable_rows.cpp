#include "sql/unreadable_rows.hpp"

#include <string>

#include "sql/mapping.hpp"

namespace roomstore::postgres {

void UnreadableRows::add(Table table,
                         std::string_view room_id,
                         std::uint64_t count,
                         std::string_view column) {
    const auto position = static_cast<std::size_t>(table);
    counts_[position] += count;
    // The value is not logged: it is user data.
    log_->compose(LogLevel::warning, [&] {
        std::string line = table_names[position];
        if (!room_id.empty()) line += " of " + named("room", room_id);
        line += ": a list leaves out " + std::to_string(count);
        return line.append(" that cannot be read; the column of the first: ").append(column);
    });
}

}  // namespace roomstore::postgres
