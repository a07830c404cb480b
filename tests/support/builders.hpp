#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "roomstore/model/event.hpp"
#include "roomstore/model/room.hpp"

namespace roomstore::test {

/// `seconds` after a fixed start time. No test depends on the current time.
Timestamp at(std::int64_t seconds);

struct RoomArgs {
    std::string id = "room";
    /// Also the value of `updated_at`.
    Timestamp created_at = at(0);
    std::optional<std::string> organization_id{};
    RoomStatus status = RoomStatus::active;
    Json metadata = Json::object();
};

/// An empty room.
Room sample_room(RoomArgs args = RoomArgs());

struct EventArgs {
    std::string id = "event";
    std::string room_id = "room";
    EventType type = EventType::message;
    std::string body = "hello";
    std::int64_t index = 0;
    std::optional<std::string> key{};
    std::optional<std::string> parent{};
    Timestamp created_at = at(0);
};

/// An event with text content from the SMS channel `channel`.
RoomEvent make_event(EventArgs args = EventArgs());

/// For checks in which only the elements of a list and their order matter.
template <typename Row>
std::vector<std::string> ids_of(const std::vector<Row>& rows) {
    std::vector<std::string> ids;
    for (const auto& row : rows) ids.push_back(row.id);
    return ids;
}

std::vector<std::int64_t> indexes_of(const std::vector<RoomEvent>& events);

using Ids = std::vector<std::string>;
using Indexes = std::vector<std::int64_t>;

}  // namespace roomstore::test
