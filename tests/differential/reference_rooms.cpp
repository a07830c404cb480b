#include "differential/reference_store.hpp"
#include "differential/reference_support.hpp"

namespace roomstore::differential {

namespace {

/// A number as it is written: its sign, its digits without leading and trailing zeros, and the
/// power of ten by which they are multiplied.
std::tuple<bool, std::string, int> decimal(const Json& number) {
    std::string digits = number.dump();
    const bool negative = digits.front() == '-';
    if (negative) digits.erase(0, 1);
    int power = 0;
    if (const auto e = digits.find('e'); e != std::string::npos) {
        power = std::stoi(digits.substr(e + 1));
        digits.erase(e);
    }
    if (const auto point = digits.find('.'); point != std::string::npos) {
        power -= static_cast<int>(digits.size() - point - 1);
        digits.erase(point, 1);
    }
    digits.erase(0, digits.find_first_not_of('0'));
    if (digits.empty()) return {false, "", 0};
    for (; digits.back() == '0'; digits.pop_back()) ++power;
    return {negative, digits, power};
}

/// Numbers are decimals in jsonb: 1 equals 1.0, and different integers are never equal, even if a
/// conversion to double or to another signedness would make them equal.
bool same(const Json& a, const Json& b) {
    return a.is_number() && b.is_number() ? decimal(a) == decimal(b) : a == b;
}

/// A number as jsonb returns it: zero has no sign and there is no exponent, so that a whole number
/// becomes an integer if it fits.
Json written_out(const Json& number) {
    if (!number.is_number_float()) return number;
    const auto [negative, digits, power] = decimal(number);
    if (digits.empty()) return 0.0;
    const bool has_exponent = number.dump().find('e') != std::string::npos;
    if (!has_exponent || power < 0) return number;
    return Json::parse((negative ? "-" : "") + digits +
                       std::string(static_cast<std::size_t>(power), '0'));
}

Json with_numbers_written_out(Json value) {
    if (value.is_number()) return written_out(value);
    if (value.is_structured()) {
        for (auto& element : value) element = with_numbers_written_out(element);
    }
    return value;
}

/// Whether `value` contains `contained` in the sense of PostgreSQL's `@>` (manual, section 8.14.3).
bool contains(const Json& value, const Json& contained, bool top = true) {
    if (value.is_object() && contained.is_object()) {
        for (const auto& [key, wanted] : contained.items()) {
            if (!value.contains(key) || !contains(value.at(key), wanted, false)) return false;
        }
        return true;
    }
    if (value.is_array() && contained.is_array()) {
        return std::ranges::all_of(contained, [&](const Json& wanted) {
            return std::ranges::any_of(
                value, [&](const Json& element) { return contains(element, wanted, false); });
        });
    }
    if (top && value.is_array() && contained.is_primitive()) {
        return std::ranges::any_of(value, [&](const Json& e) { return same(e, contained); });
    }
    return value.is_primitive() && contained.is_primitive() && same(value, contained);
}

/// Whether the room is on the page as far as its cursor is concerned.
bool follows(const Room& room, const Page& page) {
    if (!page.after) return true;
    const std::string id(page.after->id());
    return std::tuple(room.created_at, room.id) > std::tuple(page.after->created_at(), id);
}

}  // namespace

void ReferenceStore::require_open() const {
    if (closed_) refuse(errc::closed, "close() has been called");
    if (!initialised_) refuse(errc::closed, "init() has not been called");
}

ReferenceStore::RoomState* ReferenceStore::find(const std::string& room_id) {
    for (auto& state : rooms_) {
        if (state.room.id == room_id) return &state;
    }
    return nullptr;
}

ReferenceStore::RoomState& ReferenceStore::require(const std::string& room_id) {
    auto* state = find(room_id);
    if (!state) refuse(errc::not_found, "no room '" + room_id + "'");
    return *state;
}

std::vector<ReferenceStore::RoomState*> ReferenceStore::ordered_rooms() {
    std::vector<RoomState*> ordered;
    for (auto& state : rooms_) ordered.push_back(&state);
    std::ranges::sort(ordered, {}, [](const RoomState* state) {
        return std::tuple(state->room.created_at, state->room.id);
    });
    return ordered;
}

std::vector<Room> ReferenceStore::rooms() const {
    std::vector<Room> rooms;
    for (const auto& state : rooms_) rooms.push_back(state.room);
    return rooms;
}

std::vector<std::string> ReferenceStore::room_ids() const {
    std::vector<std::string> ids;
    for (const auto& state : rooms_) ids.push_back(state.room.id);
    return ids;
}

asio::awaitable<void> ReferenceStore::init() {
    if (closed_) refuse(errc::closed, "close() has been called");
    initialised_ = true;
    co_return;
}

asio::awaitable<void> ReferenceStore::close() {
    closed_ = true;
    watches_->close();
    co_return;
}

asio::awaitable<Room> ReferenceStore::create_room(Room room) {
    require_open();
    validator_.create_room(room);
    if (find(room.id)) refuse(errc::already_exists, "room");
    room.metadata = with_numbers_written_out(room.metadata);
    const auto next = room.event_count > 0 ? room.latest_index + 1 : 0;
    rooms_.push_back({.room = room, .number = ++rooms_created_, .next_index = next});
    watches_->tell(room.id);
    co_return room;
}

asio::awaitable<std::optional<Room>> ReferenceStore::get_room(std::string room_id) {
    require_open();
    validator_.get_room(room_id);
    const auto* state = find(room_id);
    co_return state ? std::optional(state->room) : std::nullopt;
}

asio::awaitable<Room> ReferenceStore::update_room(Room room) {
    require_open();
    validator_.update_room(room);
    auto& state = require(room.id);
    auto& stored = state.room;
    room.metadata = with_numbers_written_out(room.metadata);
    // Appends update last_activity_at, but the caller may set the timers.
    room.created_at = stored.created_at;
    room.event_count = stored.event_count;
    room.latest_index = stored.latest_index;
    room.delivered_index = stored.delivered_index;
    stored = room;
    state.row_revision = ++state.revision;
    watches_->tell(room.id);
    co_return room;
}

asio::awaitable<std::optional<Room>> ReferenceStore::patch_room_metadata(
    std::string room_id,
    Json patch,
    std::vector<std::string> unset) {
    require_open();
    validator_.patch_room_metadata(room_id, patch, unset);
    auto* state = find(room_id);
    if (!state) co_return std::nullopt;
    auto patched = state->room;
    for (const auto& key : unset) patched.metadata.erase(key);
    for (const auto& [key, value] : patch.items()) {
        patched.metadata[key] = with_numbers_written_out(value);
    }
    patched.updated_at = now();
    validator_.patched_room(patched);
    state->room = patched;
    state->row_revision = ++state->revision;
    watches_->tell(room_id);
    co_return patched;
}

asio::awaitable<bool> ReferenceStore::delete_room(std::string room_id) {
    require_open();
    validator_.delete_room(room_id);
    if (std::erase_if(rooms_, [&](const auto& s) { return s.room.id == room_id; }) == 0) {
        co_return false;
    }
    watches_->tell(room_id);
    co_return true;
}

asio::awaitable<bool> ReferenceStore::room_exists(std::string room_id) {
    require_open();
    validator_.room_exists(room_id);
    co_return find(room_id) != nullptr;
}

asio::awaitable<std::vector<Room>> ReferenceStore::list_rooms(Page page) {
    require_open();
    validator_.list_rooms(page);
    std::vector<Room> all;
    for (const auto* state : ordered_rooms()) {
        if (follows(state->room, page)) all.push_back(state->room);
    }
    co_return page_of(all, page.offset, page.limit);
}

asio::awaitable<std::vector<Room>> ReferenceStore::find_rooms(RoomFilter filter, Page page) {
    require_open();
    validator_.find_rooms(filter, page);
    std::vector<Room> found;
    for (auto* state : ordered_rooms()) {
        const auto& room = state->room;
        if (filter.organization_id && room.organization_id != filter.organization_id) continue;
        if (filter.status && room.status != *filter.status) continue;
        if (filter.metadata && !contains(room.metadata, *filter.metadata)) continue;
        if (filter.participant_id && !channel_of(*state, *filter.participant_id, true)) continue;
        if (!follows(room, page)) continue;
        found.push_back(room);
    }
    co_return page_of(found, page.offset, page.limit);
}

asio::awaitable<std::optional<Room>> ReferenceStore::find_latest_room(std::string participant_id,
                                                                      LatestRoomFilter filter) {
    require_open();
    validator_.find_latest_room(participant_id, filter);
    std::optional<Room> latest;
    for (auto* state : ordered_rooms()) {
        if (filter.status && state->room.status != *filter.status) continue;
        bool member = find_by(state->participants, &Participant::id, participant_id) != nullptr;
        for (const auto& binding : state->bindings) {
            if (binding.participant_id != participant_id) continue;
            if (!filter.channel_type || binding.channel_type == *filter.channel_type) member = true;
        }
        if (member) latest = state->room;
    }
    co_return latest;
}

asio::awaitable<std::optional<std::string>> ReferenceStore::find_room_id_by_channel(
    std::string channel_id,
    std::optional<RoomStatus> status) {
    require_open();
    validator_.find_room_id_by_channel(channel_id, status);
    const auto ids = co_await find_room_ids_by_channel(channel_id, {.status = status, .limit = 1});
    co_return ids.empty() ? std::nullopt : std::optional(ids.front());
}

asio::awaitable<std::vector<std::string>> ReferenceStore::find_room_ids_by_channel(
    std::string channel_id,
    ChannelLookup lookup) {
    require_open();
    validator_.find_room_ids_by_channel(channel_id, lookup);
    std::vector<std::string> ids;
    for (auto* state : ordered_rooms()) {
        if (lookup.status && state->room.status != *lookup.status) continue;
        if (find_by(state->bindings, &ChannelBinding::channel_id, channel_id)) {
            ids.push_back(state->room.id);
        }
    }
    co_return page_of(ids, 0, lookup.limit);
}

asio::awaitable<std::int64_t> ReferenceStore::get_delivered_index(std::string room_id) {
    require_open();
    validator_.get_delivered_index(room_id);
    const auto* state = find(room_id);
    co_return state ? state->room.delivered_index : -1;
}

asio::awaitable<bool> ReferenceStore::advance_delivered_index(std::string room_id,
                                                              std::int64_t index,
                                                              Gap gap) {
    require_open();
    validator_.advance_delivered_index(room_id, index, gap);
    auto* state = find(room_id);
    if (!state || state->room.delivered_index >= index) co_return false;
    if (gap == Gap::refuse && state->room.delivered_index != index - 1) co_return false;
    state->room.delivered_index = index;
    co_return true;
}

asio::awaitable<RoomContext> ReferenceStore::load_room_context(std::string room_id) {
    require_open();
    validator_.load_room_context(room_id);
    RoomContext context;
    context.room = co_await get_room(room_id);
    context.bindings = co_await list_bindings(room_id, {});
    context.participants = co_await list_participants(room_id, {});
    co_return context;
}

}  // namespace roomstore::differential
