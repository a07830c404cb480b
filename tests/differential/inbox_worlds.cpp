// Compares `list_inbox` with the same answer put together from other calls, one for each room and
// each of its parts, in random worlds: with deletions, rooms created again, participants that have
// left, and several bindings of one participant. Compares it with that of the memory store, too.
//
//     inbox_worlds_<backend> [--worlds N] [--seed S]
//
// World i of seed S is world 0 of seed S + i: a failing world can be repeated on its own.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <map>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "contract/harness.hpp"
#include "differential/outcome.hpp"
#include "roomstore/inbox.hpp"
#include "roomstore/memory/in_memory_store.hpp"
#include "support/builders.hpp"
#include "support/run.hpp"

namespace {

using namespace roomstore;
using namespace roomstore::differential;
using test::at;
using test::run;

class Random {
public:
    explicit Random(std::uint64_t seed) : numbers_(seed) {}

    std::int64_t below(std::int64_t bound) {
        return static_cast<std::int64_t>(numbers_() % static_cast<std::uint64_t>(bound));
    }
    bool one_in(std::int64_t n) { return below(n) == 0; }
    template <typename T>
    T among(const std::vector<T>& values) {
        return values[static_cast<std::size_t>(below(std::ssize(values)))];
    }

private:
    std::mt19937_64 numbers_;
};

/// A few rooms and what is in them. Its ids begin with its seed, so that the worlds of a store do
/// not affect each other.
class World {
public:
    World(std::uint64_t seed, ConversationStore& store)
        : prefix_("w" + std::to_string(seed) + "-"), random_(seed), store_(store) {
        const auto rooms = 1 + random_.below(6);
        for (std::int64_t i = 0; i < rooms; ++i) room_ids_.push_back(id("r", i));
        for (const auto& room_id : room_ids_) create(room_id);
        for (auto changes = 4 * rooms + random_.below(20); changes > 0; --changes) {
            change(random_.among(room_ids_));
        }
    }

    const std::vector<std::string>& room_ids() const { return room_ids_; }
    std::vector<std::string> participant_ids() const { return {id("p", 0), id("p", 1)}; }

    /// The same for every store with this world.
    InboxQuery query(const std::string& participant_id) {
        InboxQuery query{.participant_id = participant_id,
                         .include_left = random_.one_in(3),
                         .limit = 1 + random_.below(4),
                         .unread_cap = random_.one_in(3) ? 1 + random_.below(5) : 5000};
        if (random_.one_in(4)) query.organization_id = organization();
        if (random_.one_in(4)) query.status = status();
        query.count.own = random_.one_in(2);
        add_conditions(query.count);
        add_conditions(query.preview);
        return query;
    }

private:
    std::string id(const char* kind, std::int64_t number) const {
        return prefix_ + kind + std::to_string(number);
    }
    std::string organization() { return random_.one_in(2) ? "o1" : "o2"; }
    RoomStatus status() { return random_.one_in(3) ? RoomStatus::closed : RoomStatus::active; }
    std::string participant() { return id("p", random_.below(3)); }
    std::string channel() { return id("c", random_.below(4)); }
    EventType type() { return random_.among<EventType>({"message", "typing", "reaction"}); }
    EventStatus event_status() {
        return random_.one_in(3) ? EventStatus::blocked : EventStatus::pending;
    }

    template <typename Conditions>
    void add_conditions(Conditions& conditions) {
        if (random_.one_in(4)) conditions.event_types = {type(), type()};
        if (random_.one_in(4)) conditions.exclude_types = {type()};
        if (random_.one_in(6)) conditions.visibility = "internal";
        if (random_.one_in(4)) conditions.exclude_statuses = {event_status()};
    }

    void create(const std::string& room_id) {
        Room room{.id = room_id, .status = status(), .created_at = at(0), .updated_at = at(0)};
        if (!random_.one_in(3)) room.organization_id = organization();
        if (random_.one_in(2)) room.timers.last_activity_at = at(random_.below(4));
        if (!run(store_.room_exists(room_id))) run(store_.create_room(room));
    }

    void change(const std::string& room_id) {
        if (!run(store_.room_exists(room_id))) {
            if (random_.one_in(3)) create(room_id);
            return;
        }
        switch (random_.below(14)) {
            case 0:
            case 1:
            case 2:
                append(room_id);
                break;
            case 3:
            case 4:
                join(room_id);
                break;
            case 5:
            case 6:
                bind(room_id);
                break;
            case 7:
                run(store_.mark_all_read(room_id, channel()));
                break;
            case 8:
                read_one(room_id);
                break;
            case 9:
                run(store_.mark_unread_from(room_id, channel(), random_.below(8)));
                break;
            case 10:
                delete_one(room_id);
                break;
            case 11:
                leave(room_id);
                break;
            case 12:
                if (random_.one_in(3)) run(store_.trim_room(room_id, random_.below(6)));
                break;
            default:
                if (random_.one_in(3)) run(store_.delete_room(room_id));
        }
    }

    void append(const std::string& room_id) {
        std::vector<RoomEvent> events;
        // Now and then more events than a list looks at.
        const auto count = random_.one_in(300)  ? 1100
                           : random_.one_in(60) ? 210
                                                : 1 + random_.below(4);
        for (std::int64_t i = 0; i < count; ++i) {
            RoomEvent event{.id = id("e", ++events_),
                            .room_id = room_id,
                            .type = type(),
                            .source = {.channel_id = channel(), .channel_type = "cli"},
                            .status = event_status(),
                            .visibility = random_.one_in(3) ? "internal" : "all",
                            .created_at = at(random_.below(6))};
            if (!random_.one_in(4)) event.source.participant_id = participant();
            events.push_back(std::move(event));
        }
        run(store_.append_events(room_id, std::move(events)));
    }

    void join(const std::string& room_id) {
        const auto state = random_.among<ParticipantStatus>({ParticipantStatus::active,
                                                             ParticipantStatus::active,
                                                             ParticipantStatus::inactive,
                                                             ParticipantStatus::left,
                                                             ParticipantStatus::banned});
        Participant row{.id = participant(),
                        .room_id = room_id,
                        .channel_id = channel(),
                        .status = state,
                        .joined_at = at(0)};
        run(store_.add_participant(std::move(row)));
    }

    void bind(const std::string& room_id) {
        ChannelBinding row{.channel_id = channel(),
                           .room_id = room_id,
                           .channel_type = "cli",
                           .attached_at = at(0)};
        if (!random_.one_in(5)) row.participant_id = participant();
        run(store_.add_binding(std::move(row)));
    }

    void read_one(const std::string& room_id) {
        const auto events = run(store_.list_events(room_id));
        const auto channel_id = channel();
        if (!events.empty()) {
            run(store_.mark_read(room_id, channel_id, random_.among(events).id));
        }
    }

    void delete_one(const std::string& room_id) {
        const auto events = run(store_.list_events(room_id));
        if (!events.empty()) run(store_.delete_event(room_id, random_.among(events).id));
    }

    void leave(const std::string& room_id) {
        if (random_.one_in(2)) {
            run(store_.remove_participant(room_id, participant()));
        } else {
            run(store_.remove_binding(room_id, channel()));
        }
    }

    std::string prefix_;
    Random random_;
    ConversationStore& store_;
    std::vector<std::string> room_ids_;
    std::int64_t events_ = 0;
};

bool meets(const auto& conditions, const RoomEvent& event) {
    const auto has = [](const auto& values, const auto& value) {
        return std::ranges::find(values, value) != values.end();
    };
    if (conditions.event_types && !has(*conditions.event_types, event.type)) return false;
    if (conditions.exclude_types && has(*conditions.exclude_types, event.type)) return false;
    if (conditions.visibility && event.visibility != *conditions.visibility) return false;
    return !conditions.exclude_statuses || !has(*conditions.exclude_statuses, event.status);
}

/// The entry of a room by calls for each of its parts; absent if it is not in the inbox.
std::optional<InboxEntry> entry_by_calls(ConversationStore& store,
                                         const std::string& room_id,
                                         const InboxQuery& query) {
    const auto room = run(store.get_room(room_id));
    if (!room) return std::nullopt;
    if (query.organization_id && room->organization_id != query.organization_id) {
        return std::nullopt;
    }
    if (query.status && room->status != *query.status) return std::nullopt;
    InboxEntry entry;
    entry.room = *room;
    entry.participant = run(store.get_participant(room_id, query.participant_id));
    if (entry.participant) {
        const auto state = entry.participant->status;
        const bool gone = state == ParticipantStatus::left || state == ParticipantStatus::banned;
        if (gone && !query.include_left) return std::nullopt;
        entry.channel_id = entry.participant->channel_id;
    } else {
        std::vector<std::string> channels;
        for (const auto& binding : run(store.list_bindings(room_id))) {
            if (binding.participant_id == query.participant_id) {
                channels.push_back(binding.channel_id);
            }
        }
        if (channels.empty()) return std::nullopt;
        entry.channel_id = *std::ranges::min_element(channels);
    }
    const auto markers = run(store.list_read_markers(room_id));
    if (const auto marker = markers.find(entry.channel_id); marker != markers.end()) {
        entry.last_read_index = marker->second;
    }
    auto events = run(store.list_events(room_id, {.limit = 10'000}));
    std::ranges::reverse(events);
    std::int64_t examined = 0;
    std::int64_t counted = 0;
    for (const auto& event : events) {
        if (event.index <= entry.last_read_index) break;
        ++examined;
        const bool own = event.source.participant_id == query.participant_id;
        if (examined <= 1000 && (query.count.own || !own) && meets(query.count, event)) ++counted;
    }
    const auto& count = query.count;
    if (count.own && !count.event_types && !count.exclude_types && !count.visibility &&
        !count.exclude_statuses) {
        counted = run(store.get_unread_count(room_id, entry.channel_id));
        examined = 0;
    }
    entry.unread = std::min(counted, query.unread_cap);
    entry.unread_capped = counted > query.unread_cap || examined > 1000;
    for (std::size_t i = 0; i < std::min<std::size_t>(events.size(), 200); ++i) {
        if (entry.last_event || !meets(query.preview, events[i])) continue;
        entry.last_event = events[i];
    }
    return entry;
}

std::vector<InboxEntry> inbox_by_calls(ConversationStore& store,
                                       const World& world,
                                       const InboxQuery& query) {
    std::vector<InboxEntry> entries;
    for (const auto& room_id : world.room_ids()) {
        if (auto entry = entry_by_calls(store, room_id, query)) {
            entries.push_back(std::move(*entry));
        }
    }
    std::ranges::sort(entries, [](const InboxEntry& a, const InboxEntry& b) {
        const auto& a_time = a.room.timers.last_activity_at;
        const auto& b_time = b.room.timers.last_activity_at;
        if (a_time != b_time) return a_time > b_time;
        return a.room.id < b.room.id;
    });
    return entries;
}

/// All pages, one after the other.
std::vector<InboxPage> inbox_by_pages(ConversationStore& store, InboxQuery query) {
    std::vector<InboxPage> pages;
    do {
        pages.push_back(run(store.list_inbox(query)));
        query.before = pages.back().next;
    } while (query.before);
    return pages;
}

std::vector<InboxEntry> entries_of(const std::vector<InboxPage>& pages) {
    std::vector<InboxEntry> entries;
    for (const auto& page : pages) {
        entries.insert(entries.end(), page.entries.begin(), page.entries.end());
    }
    return entries;
}

void require_same(const std::string& what, const Json& expected, const Json& found) {
    if (text_of(expected) == text_of(found)) return;
    throw std::runtime_error(what + "\nexpected: " + text_of(expected, 2) +
                             "\nfound:    " + text_of(found, 2));
}

struct Sizes {
    std::int64_t worlds = 0;
    std::int64_t inboxes = 0;
    std::int64_t pages = 0;
    std::int64_t entries = 0;
    std::int64_t unread = 0;
};

void check_world(ConversationStore& store,
                 ConversationStore& memory,
                 std::uint64_t seed,
                 Sizes& sizes) {
    World world(seed, store);
    const World same_world(seed, memory);
    ++sizes.worlds;
    for (const auto& participant_id : world.participant_ids()) {
        for (int i = 0; i < 2; ++i) {
            const auto query = world.query(participant_id);
            const auto pages = inbox_by_pages(store, query);
            const auto expected = inbox_by_calls(store, world, query);
            require_same("by calls", as_json(expected), as_json(entries_of(pages)));
            require_same("in memory", as_json(inbox_by_pages(memory, query)), as_json(pages));
            ++sizes.inboxes;
            sizes.pages += std::ssize(pages);
            sizes.entries += std::ssize(expected);
            for (const auto& entry : expected) sizes.unread += entry.unread;
        }
        InboxQuery all{.participant_id = participant_id, .limit = 100};
        std::int64_t total = 0;
        for (const auto& entry : inbox_by_calls(store, world, all)) {
            total += run(store.get_unread_count(entry.room.id, entry.channel_id));
        }
        require_same("total", total, run(store.get_unread_total(participant_id)));
        all.include_left = true;
        std::vector<std::string> expected;
        for (const auto& entry : inbox_by_calls(store, world, all)) {
            expected.push_back(entry.room.id);
        }
        std::ranges::sort(expected);
        const RoomFilter filter{.participant_id = participant_id};
        require_same(
            "find_rooms", as_json(expected), as_json(test::ids_of(run(store.find_rooms(filter)))));
    }
}

struct Options {
    std::uint64_t worlds = 1000;
    std::uint64_t seed = std::random_device{}();
};

Options parse(int argc, char** argv) {
    Options options;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string name = argv[i];
        if (name == "--worlds") {
            options.worlds = std::stoull(argv[i + 1]);
        } else if (name == "--seed") {
            options.seed = std::stoull(argv[i + 1]);
        } else {
            throw std::invalid_argument("unknown option " + name);
        }
    }
    if (argc % 2 == 0) throw std::invalid_argument("an option without a value");
    return options;
}

std::shared_ptr<ConversationStore> opened(std::shared_ptr<ConversationStore> store) {
    run(store->init());
    return store;
}

int compare_worlds(const Options& options) {
    std::cout << options.worlds << " worlds from seed " << options.seed << std::endl;
    const auto backend = contract::make_backend();
    std::shared_ptr<ConversationStore> store;
    std::shared_ptr<ConversationStore> memory;
    Sizes sizes;
    for (std::uint64_t i = 0; i < options.worlds; ++i) {
        // Not all in one store, whose tables would grow without bound.
        if (i % 500 == 0) {
            store = opened(backend->make_store({}));
            memory = opened(std::make_shared<InMemoryStore>());
        }
        const auto seed = options.seed + i;
        test::Watchdog watchdog;
        try {
            check_world(*store, *memory, seed, sizes);
        } catch (const std::exception& error) {
            std::cout << "DIFFERENT: --worlds 1 --seed " << seed << '\n'
                      << error.what() << std::endl;
            return EXIT_FAILURE;
        }
    }
    std::cout << sizes.worlds << " worlds, " << sizes.inboxes << " inboxes of " << sizes.pages
              << " pages, " << sizes.entries << " entries with " << sizes.unread
              << " unread events: equal" << std::endl;
    return sizes.entries > 0 && sizes.unread > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return compare_worlds(parse(argc, argv));
    } catch (const std::exception& error) {
        std::cerr << "inbox_worlds: " << error.what() << '\n';
        return 2;
    }
}
