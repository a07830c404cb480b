#include "sql/unreadable_rows.hpp"

#include <string>

#include <fmt/format.h>

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
        std::string list = table_names[position];
        if (!room_id.empty()) list += fmt::format(" of {}", named("room", room_id));
        return fmt::format(
            "{}: a list leaves out {} that cannot be read; the column of the first: {}",
            list,
            count,
            column);
    });
}

}  // namespace roomstore::postgres
