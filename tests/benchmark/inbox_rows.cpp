#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "benchmark/callers.hpp"
#include "benchmark/events.hpp"
#include "benchmark/rows.hpp"
#include "benchmark/turns.hpp"

namespace roomstore::benchmark {

namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* reader = "reader";
constexpr const char* channel = "reader's channel";
constexpr std::int64_t page_size = 50;
/// The number of turns of each contestant within a sample.
constexpr int rounds = 11;

/// The mean time of `calls` calls of `one`, one after the other, in microseconds.
template <typename One>
double mean_time(std::int64_t calls, const One& one) {
    const auto all = [](std::int64_t count, const One& call) -> asio::awaitable<Clock::duration> {
        const auto began = Clock::now();
        for (std::int64_t i = 0; i < count; ++i) co_await call();
        co_return Clock::now() - began;
    };
    const std::chrono::duration<double, std::micro> took = complete(all(calls, one));
    return took.count() / static_cast<double>(calls);
}

/// `count` copies of the rows of `table` that match `where`, with the values of the JSON object
/// `replaced`, an expression over `i` and the row `original`.
std::string copies(const std::string& schema,
                   const std::string& table,
                   std::int64_t count,
                   const std::string& where,
                   const std::string& replaced) {
    const std::string name = schema + "." + table;
    return "INSERT INTO " + name + " SELECT (jsonb_populate_record(original, " + replaced +
           ")).* FROM " + name + " AS original, generate_series(1, " + std::to_string(count) +
           ") AS i WHERE " + where;
}

/// A schema with 1000 rooms of a participant, which are 100 events long, the last 5 unread, and
/// with other rooms of 10 events.
class Inbox {
public:
    Inbox(Bench& bench, const std::string& schema, std::int64_t others)
        : rooms_(bench.settings.count(1000, 60)) {
        bench.database().drop_schema(schema);
        store_ = std::make_unique<OpenStore>(bench.database().options(schema));
        complete(fill(bench.settings.count(100, 10)));
        if (others == 0) return;
        complete(fill_room(*store(), "other", 10));
        auto admin = bench.database().admin();
        admin.query(copies(schema,
                           "rooms",
                           others,
                           "original.id = 'other'",
                           "jsonb_build_object('id', 'other' || i)"));
        admin.query(
            copies(schema,
                   "events",
                   others,
                   "original.room_id = 'other'",
                   "jsonb_build_object('room_id', 'other' || i, 'id', md5(original.id || i))"));
    }

    /// The first page of the inbox.
    double list(std::int64_t calls) const {
        const InboxQuery query{.participant_id = reader};
        return mean_time(calls, [&]() -> asio::awaitable<void> {
            const auto page = co_await store()->list_inbox(query);
            check(page.entries.size(), page.entries.front().unread);
        });
    }

    /// The same by a call for each part of each entry.
    double call_by_call(std::int64_t calls) const {
        return mean_time(calls, [&]() -> asio::awaitable<void> {
            const RoomFilter filter{.participant_id = reader};
            auto rooms = co_await store()->find_rooms(filter, {.limit = rooms_});
            std::ranges::sort(rooms, std::ranges::greater{}, [](const Room& room) {
                return room.timers.last_activity_at;
            });
            rooms.resize(page_size);
            std::int64_t unread = 0;
            for (const Room& room : rooms) {
                const auto participant = co_await store()->get_participant(room.id, reader);
                EventQuery newest;
                newest.newest_first = true;
                newest.limit = 1;
                const auto events = co_await store()->list_events(room.id, newest);
                unread = co_await store()->get_unread_count(room.id, participant->channel_id);
                if (events.size() != 1) throw std::runtime_error("no newest event");
            }
            check(rooms.size(), unread);
        });
    }

    /// The unread counts of all rooms.
    double count(std::int64_t calls) const {
        std::vector<std::string> ids;
        for (std::int64_t i = 0; i < rooms_; ++i) ids.push_back(room_name(i));
        const std::string channel_id = channel;
        return mean_time(calls, [&]() -> asio::awaitable<void> {
            const auto counts = co_await store()->get_unread_counts(channel_id, ids);
            if (counts.size() != ids.size()) throw std::runtime_error("not all rooms");
        });
    }

private:
    PostgresStore* store() const { return &**store_; }

    asio::awaitable<void> fill(std::int64_t events) {
        for (std::int64_t i = 0; i < rooms_; ++i) {
            const auto room_id = room_name(i);
            co_await fill_room(*store(), room_id, events - 5);
            Participant participant;
            participant.id = reader;
            participant.room_id = room_id;
            participant.channel_id = channel;
            co_await store()->add_participant(participant);
            co_await store()->mark_all_read(room_id, channel);
            auto unread = make_events(room_id, 5);
            co_await store()->append_events(room_id, std::move(unread));
        }
    }

    static void check(std::size_t entries, std::int64_t unread) {
        if (entries != page_size || unread != 5) throw std::runtime_error("another inbox");
    }

    std::int64_t rooms_;
    std::unique_ptr<OpenStore> store_;
};

void measure_inbox(Bench& bench) {
    constexpr const char* ours = "list_inbox";
    constexpr const char* calls = "call by call";
    constexpr const char* counts = "get_unread_counts of all rooms";
    constexpr const char* beside = "list_inbox beside other rooms";
    const auto others = bench.settings.count(100'000, 100);
    const Inbox inbox(bench, "inbox", 0);
    const Inbox large(bench, "inbox_large", others);
    bench.database().vacuum();
    Row row("T13",
            "list_inbox, 50 of 1000 rooms, mean latency",
            "1 caller; 100 events a room, 5 unread; other rooms: 100 000 with 1 000 000 events");
    const auto many = bench.settings.count(10, 2);
    for (int sample = 0; sample < bench.settings.samples; ++sample) {
        for (int round = 0; round < rounds; ++round) {
            take_turns(round,
                       {[&] { row.note(ours, "us", inbox.list(many)); },
                        [&] { row.note(counts, "us", inbox.count(many)); },
                        [&] { row.note(beside, "us", large.list(many)); },
                        [&] {
                            if (round == 0) row.note(calls, "us", inbox.call_by_call(2));
                        }});
        }
    }
    row.compare({.ours = ours, .yardstick = calls, .at_most = 0.2});
    row.compare({.ours = ours, .yardstick = counts, .at_most = 3});
    row.compare({.ours = beside, .yardstick = ours, .at_most = 1.25});
    bench.output.write(row);
}

void measure_context_window(Bench& bench) {
    const auto few = bench.settings.count(1000, 300);
    const auto many = bench.settings.count(1'000'000, 1000);
    const std::string large = "at " + std::to_string(many) + " events";
    const std::string small = "at " + std::to_string(few) + " events";
    constexpr const char* schema = "windows";
    bench.database().drop_schema(schema);
    const OpenStore store(bench.database().options(schema));
    complete(fill_room(*store, "small", few));
    complete(fill_room(*store, "large", many));
    bench.database().vacuum();
    Row row("T14", "get_context_window, 200 events, mean latency", "1 caller");
    const auto read = [&](const char* room_id) {
        const ContextQuery query{.max_events = 1000, .max_tokens = 2000, .default_tokens = 10};
        return mean_time(bench.settings.count(20, 2), [&]() -> asio::awaitable<void> {
            const auto window = co_await store->get_context_window(room_id, query);
            if (window.events.size() != 200) throw std::runtime_error("not 200 events");
        });
    };
    for (int sample = 0; sample < bench.settings.samples; ++sample) {
        for (int round = 0; round < rounds; ++round) {
            take_turns(round,
                       {[&] { row.note(large, "us", read("large")); },
                        [&] { row.note(small, "us", read("small")); }});
        }
    }
    row.compare({.ours = large, .yardstick = small, .at_most = 1.25});
    bench.output.write(row);
}

void measure_room_pages(Bench& bench) {
    const auto pages = bench.settings.count(10'000, 4);
    const std::string last = "page " + std::to_string(pages);
    constexpr const char* first = "page 1";
    constexpr const char* schema = "pages";
    bench.database().drop_schema(schema);
    const OpenStore store(bench.database().options(schema));
    Room room;
    room.id = "room";
    room.created_at = Timestamp{};
    static_cast<void>(complete(store->create_room(room)));
    bench.database().admin().query(copies(schema,
                                          "rooms",
                                          pages * page_size - 1,
                                          "original.id = 'room'",
                                          "jsonb_build_object('id', md5(i::text), 'created_at', "
                                          "original.created_at + i * interval '1 second')"));
    bench.database().vacuum();
    const auto before = room.created_at + std::chrono::seconds((pages - 1) * page_size - 1);
    Row row("T15", "list_rooms by position, 50 rooms, mean latency", "1 caller; 500 000 rooms");
    const auto read = [&](const Page& page) {
        return mean_time(bench.settings.count(20, 2), [&]() -> asio::awaitable<void> {
            const auto rooms = co_await store->list_rooms(page);
            if (rooms.size() != page_size) throw std::runtime_error("not 50 rooms");
        });
    };
    const Page first_page;
    // Greater than every id of that time.
    const Page last_page{.after = RoomPageCursor(before, "z")};
    for (int sample = 0; sample < bench.settings.samples; ++sample) {
        for (int round = 0; round < rounds; ++round) {
            take_turns(round,
                       {[&] { row.note(last, "us", read(last_page)); },
                        [&] { row.note(first, "us", read(first_page)); }});
        }
    }
    row.compare({.ours = last, .yardstick = first, .at_most = 1.5});
    bench.output.write(row);
}

}  // namespace

void measure_inboxes(Bench& bench) {
    if (bench.settings.wants("T13")) measure_inbox(bench);
    if (bench.settings.wants("T14")) measure_context_window(bench);
    if (bench.settings.wants("T15")) measure_room_pages(bench);
}

}  // namespace roomstore::benchmark
