#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "roomstore/memory/detail/engine.hpp"

/// What is the same for bindings, participants, tasks and observations. `table` is the table of the
/// row in the contents of its room.
namespace roomstore::detail::memory {

/// Adds a row. Refuses an id that exists in the room.
template <typename Table, typename Row>
Row Engine::add_row(Table RoomContents::* table,
                    std::string_view operation,
                    std::string_view noun,
                    Row row) {
    auto now = std::make_shared<const Row>(row);
    auto room = require_room(operation, row.room_id);
    const std::string& id = row.*Table::id_of;
    if ((room->contents.*table).contains(id)) {
        throw exists_already(operation, noun, id, row.room_id);
    }
    store_row(*room, nullptr, std::move(now));
    room.unlock();
    return row;
}

/// Adds a row, or replaces the one with its id, whose time it keeps.
template <typename Table, typename Row>
Row Engine::add_or_replace_row(Table RoomContents::* table, std::string_view operation, Row row) {
    auto now = std::make_shared<Row>(row);
    auto room = require_room(operation, row.room_id);
    const auto before = (room->contents.*table).find(row.*Table::id_of);
    if (before) (*now).*Table::time_of = row.*Table::time_of = (*before).*Table::time_of;
    store_row(*room, before, std::move(now));
    room.unlock();
    return row;
}

/// Replaces the row with the id of `row`, and keeps its time. Refuses an id that does not exist.
template <typename Table, typename Row>
Row Engine::update_row(Table RoomContents::* table,
                       std::string_view operation,
                       std::string_view noun,
                       Row row) {
    auto now = std::make_shared<Row>(row);
    auto room = lock_room(row.room_id);
    const std::string& id = row.*Table::id_of;
    const auto before = room ? (room->contents.*table).find(id) : nullptr;
    if (!before) throw does_not_exist(operation, noun, id, row.room_id);
    (*now).*Table::time_of = row.*Table::time_of = (*before).*Table::time_of;
    store_row(*room, before, std::move(now));
    room.unlock();
    return row;
}

template <typename Table, typename Row>
std::optional<Row> Engine::get_row(Table RoomContents::* table,
                                   const std::string& room_id,
                                   const std::string& id) const {
    auto room = lock_room(room_id);
    if (!room) return std::nullopt;
    const auto row = (room->contents.*table).find(id);
    room.unlock();
    return copy(row);
}

/// The rows of a page, or all.
template <typename RowPtr>
std::vector<RowPtr> Engine::page_of(std::vector<RowPtr> rows, const std::optional<Page>& page) {
    if (!page) return rows;
    const auto size = static_cast<std::int64_t>(rows.size());
    const auto first = (std::min)(page->offset, size);
    const auto last = first + (std::min)(page->limit, size - first);
    rows.erase(rows.begin() + last, rows.end());
    rows.erase(rows.begin(), rows.begin() + first);
    return rows;
}

/// All rows of the room, in order.
template <typename Table, typename RowPtr>
std::vector<RowPtr> Engine::list_rows(Table RoomContents::* table,
                                      const std::string& room_id) const {
    const auto room = lock_room(room_id);
    if (!room) return {};
    return (room->contents.*table).list();
}

}  // namespace roomstore::detail::memory
