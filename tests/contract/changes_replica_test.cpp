#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "contract/fixture.hpp"
#include "roomstore/changes.hpp"

/// A replica that applies nothing but the answers of `list_changes` equals the room, whatever
/// happened in between.
namespace roomstore::contract {

namespace {

const std::array<std::string, 3> rooms{"r1", "r2", "r3"};

/// A copy of the events of a room from `cursor.from_index` on, kept as `RoomChanges` says.
struct Replica {
    std::string room_id;
    Start start = Start::oldest;
    std::optional<RoomCursor> cursor{};
    std::optional<Room> room{};
    std::map<std::int64_t, RoomEvent> events{};

    void apply(RoomChanges changes) {
        if (changes.reset || !changes.exists) {
            events.clear();
            room.reset();
        }
        std::erase_if(events, [&](const auto& each) { return each.first < changes.first_index; });
        for (const auto& gone : changes.deleted) events.erase(gone.index);
        for (auto* part : {&changes.updated, &changes.added}) {
            for (auto& event : *part) {
                const auto index = event.index;
                events.insert_or_assign(index, std::move(event));
            }
        }
        if (changes.room) room = std::move(changes.room);
        cursor = changes.cursor;
    }

    std::vector<RoomEvent> list() const {
        std::vector<RoomEvent> all;
        for (const auto& [index, event] : events) all.push_back(event);
        return all;
    }
};

/// The events of the room from an index on.
std::vector<RoomEvent> events_from(ConversationStore& store,
                                   const std::string& room_id,
                                   std::int64_t index) {
    EventQuery query{.limit = 10'000};
    if (index > 0) query.after_index = index - 1;
    return run(store.list_events(room_id, query));
}

/// `room` with the counters of `other`, which appends change without telling the room.
Room with_counters_of(Room room, const Room& other) {
    room.event_count = other.event_count;
    room.latest_index = other.latest_index;
    room.delivered_index = other.delivered_index;
    room.timers.last_activity_at = other.timers.last_activity_at;
    return room;
}

/// Random changes of the rooms. A call that the store refuses changes nothing, which is one more
/// case.
class Writer {
public:
    Writer(ConversationStore& store, std::uint64_t seed) : store_(store), random_(seed) {}

    std::size_t below(std::size_t bound) { return random_() % bound; }
    bool one_in(std::size_t n) { return below(n) == 0; }
    std::string any_room() { return rooms[below(rooms.size())]; }

    void change(const std::string& room_id) {
        try {
            change_or_throw(room_id);
        } catch (const Error& error) {
            const bool expected = error.code() == errc::not_found ||
                                  error.code() == errc::already_exists ||
                                  error.code() == errc::conflict;
            if (!expected) throw;
        }
    }

private:
    RoomEvent event(const std::string& room_id) {
        // Few ids, so that they are used again at other indexes, and their bodies differ.
        auto event = make_event({.id = "e" + std::to_string(below(30)),
                                 .room_id = room_id,
                                 .body = "text " + std::to_string(++texts_)});
        if (one_in(3)) event.parent_event_id = "e" + std::to_string(below(30));
        return event;
    }

    std::int64_t next_index(const std::string& room_id) {
        const auto room = run(store_.get_room(room_id));
        return room && room->event_count > 0 ? room->latest_index + 1 : 0;
    }

    void change_or_throw(const std::string& room_id) {
        switch (below(24)) {
            case 0:
                if (one_in(3)) run(store_.delete_room(room_id));
                break;
            case 1:
            case 2:
                run(store_.create_room(sample_room({.id = room_id})));
                break;
            case 3:
                run(store_.update_room(
                    sample_room({.id = room_id, .metadata = {{"text", ++texts_}}})));
                break;
            case 4:
                run(store_.patch_room_metadata(room_id, {{"text", ++texts_}}));
                break;
            case 5: {
                const auto next = static_cast<std::size_t>(next_index(room_id));
                const auto first = one_in(6) ? next + 1 : next / 3;
                run(store_.trim_room(room_id, static_cast<std::int64_t>(below(first + 1))));
                break;
            }
            case 6:
            case 7: {
                auto late = event(room_id);
                late.index = static_cast<std::int64_t>(
                    below(static_cast<std::size_t>(next_index(room_id)) + 4));
                run(store_.add_event(std::move(late)));
                break;
            }
            case 8:
            case 9:
            case 10:
            case 11:
                run(store_.update_event(event(room_id)));
                break;
            case 12:
            case 13:
                run(store_.delete_event(
                    room_id, event(room_id).id, one_in(2) ? Replies::cascade : Replies::keep));
                break;
            case 14: {
                const auto one = event(room_id);
                auto other = event(room_id);
                other.id = one.id + "'";
                run(store_.append_events(room_id, {one, other}));
                break;
            }
            case 15:
                run(store_.mark_all_read(room_id, "reader"));
                break;
            case 16:
                if (one_in(10)) run(store_.reset_cursors());
                break;
            default:
                run(store_.append(event(room_id)));
        }
    }

    ConversationStore& store_;
    std::mt19937_64 random_;
    int texts_ = 0;
};

/// Reads one answer, and checks what holds of each.
/// @returns whether there is more.
bool read_once(ConversationStore& store, Replica& replica, std::int64_t limit) {
    const ChangesQuery query{.since = replica.cursor, .limit = limit, .start = replica.start};
    auto answer = run(store.list_changes(replica.room_id, query));
    const auto size = static_cast<std::size_t>(limit);
    REQUIRE(answer.added.size() <= size);
    REQUIRE(answer.updated.size() + answer.deleted.size() <= size);
    REQUIRE(answer.exists == (answer.cursor.room != 0));
    if (!answer.reset && replica.cursor && replica.cursor->room != 0) {
        REQUIRE(answer.cursor.room == replica.cursor->room);
        REQUIRE(answer.cursor.revision >= replica.cursor->revision);
        REQUIRE(answer.cursor.next_index >= replica.cursor->next_index);
        REQUIRE(answer.cursor.from_index == replica.cursor->from_index);
        // Otherwise a reader would never arrive.
        REQUIRE((!answer.more || answer.cursor != *replica.cursor));
    }
    const bool more = answer.more;
    replica.apply(std::move(answer));
    return more;
}

void check_equal(ConversationStore& store, const Replica& replica) {
    REQUIRE(replica.cursor);
    REQUIRE(replica.list() == events_from(store, replica.room_id, replica.cursor->from_index));
    const auto room = run(store.get_room(replica.room_id));
    REQUIRE(replica.room.has_value() == room.has_value());
    if (room) REQUIRE(with_counters_of(*replica.room, *room) == *room);
}

/// Reads a page of earlier events, as a user who scrolls up does.
void scroll(ConversationStore& store, Replica& replica, std::int64_t limit) {
    if (!replica.cursor || replica.cursor->from_index == 0) return;
    const EventQuery query{.limit = limit, .before_index = replica.cursor->from_index};
    auto page = run(store.list_events(replica.room_id, query));
    // The room may be another one by now. Then the next answer begins anew, whatever is added here.
    const bool full = page.size() == static_cast<std::size_t>(limit);
    const std::int64_t first = full ? page.front().index : 0;
    for (auto& event : page) {
        const auto index = event.index;
        replica.events.insert_or_assign(index, std::move(event));
    }
    replica.cursor = replica.cursor->extended_to(first);
}

}  // namespace

TEST_CASE("a replica that applies list_changes equals the room", "[changes]") {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        const auto store = fresh_store();
        Writer writer(*store, seed);
        std::vector<Replica> replicas;
        for (const auto& room_id : rooms) {
            run(store->create_room(sample_room({.id = room_id})));
            replicas.push_back({.room_id = room_id});
            replicas.push_back({.room_id = room_id, .start = Start::newest});
        }
        int resets = 0;
        int complete = 0;
        for (int step = 0; step < 400; ++step) {
            CAPTURE(seed, step);
            writer.change(writer.any_room());
            auto& replica = replicas[writer.below(replicas.size())];
            const auto limit = static_cast<std::int64_t>(1 + writer.below(4));
            if (writer.one_in(8)) scroll(*store, replica, limit);
            if (writer.one_in(2)) continue;
            const auto before = replica.cursor;
            bool more = read_once(*store, replica, limit);
            if (before && before->room != 0 && before->room != replica.cursor->room) ++resets;
            // Either all pages at once, or the others after more changes.
            while (more && writer.one_in(2)) more = read_once(*store, replica, limit);
            if (more) continue;
            ++complete;
            check_equal(*store, replica);
        }
        for (auto& replica : replicas) {
            CAPTURE(seed, replica.room_id);
            // A reader that never arrives would read for ever.
            int pages = 0;
            while (read_once(*store, replica, 3)) REQUIRE(++pages < 1000);
            check_equal(*store, replica);
        }
        // Otherwise the test would have tested little.
        CHECK(resets > 2);
        CHECK(complete > 50);
    }
}

}  // namespace roomstore::contract
