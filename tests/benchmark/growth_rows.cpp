#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "benchmark/callers.hpp"
#include "benchmark/events.hpp"
#include "benchmark/rows.hpp"
#include "benchmark/turns.hpp"
#include "roomstore/memory/in_memory_store.hpp"

namespace roomstore::benchmark {

namespace {

using Clock = std::chrono::steady_clock;

enum class Operation { append, newest, page, by_time, unread, count, changes, nothing_new };

struct NamedOperation {
    Operation operation;
    const char* name;
    /// The cost in the largest store, as a multiple of that in the small one.
    double at_most = 1.25;
};

/// Appends come last, because they change the size of the stores.
constexpr NamedOperation operations[]{{Operation::newest, "list newest 50"},
                                      {Operation::page, "page of 50 by cursor"},
                                      // Bisects: the steps double from 1 000 to 1 000 000.
                                      {Operation::by_time, "page of 50 by time", 3},
                                      {Operation::unread, "unread count"},
                                      {Operation::count, "get_event_count"},
                                      {Operation::changes, "list_changes, 50 new events"},
                                      {Operation::nothing_new, "list_changes, nothing new"},
                                      {Operation::append, "append"}};

/// The number of turns of each store within a sample, so that temporary load on the machine or its
/// disk affects all stores.
constexpr int rounds = 11;

constexpr const char* reader = "reader";

/// A store of one size, and the rooms of it that are used. Calls touch the same number of rooms and
/// events in stores of all sizes.
struct Subject {
    std::int64_t size = 0;
    std::shared_ptr<ConversationStore> store{};
    std::int64_t rooms_used = 1;
    std::int64_t events_in_room = 0;
    /// The number of pages that are read in turn, backwards from the one that begins at the middle
    /// of the room.
    std::int64_t pages = 1;
    /// The time of an event in the middle of the first room.
    Timestamp middle{};
    /// A cursor at the end of each room that is used.
    std::vector<RoomCursor> ends{};
};

std::int64_t cursor(const Subject& subject, std::int64_t call) {
    return subject.events_in_room / 2 - 50 * (call % subject.pages) - 1;
}

/// Makes the calls one after the other, in each of the rooms in turn. `events` are the events to
/// append.
/// @returns the total time.
asio::awaitable<Clock::duration> repeat(const Subject& subject,
                                        Operation operation,
                                        std::int64_t calls,
                                        std::vector<RoomEvent>& events) {
    ConversationStore& store = *subject.store;
    const std::string channel = reader;
    EventQuery newest;
    newest.newest_first = true;
    EventQuery page;
    EventQuery by_time;
    by_time.filter.after_time = subject.middle;
    ChangesQuery changes;
    RoomEvent* event = nullptr;
    const auto began = Clock::now();
    for (std::int64_t call = 0; call < calls; ++call) {
        const std::string room_id = room_name(call % subject.rooms_used);
        switch (operation) {
            case Operation::append:
                event = &events[static_cast<std::size_t>(call)];
                co_await store.add_event_auto_index(room_id, std::move(*event));
                break;
            case Operation::newest:
                co_await store.list_events(room_id, newest);
                break;
            case Operation::page:
                page.after_index = cursor(subject, call / subject.rooms_used);
                co_await store.list_events(room_id, page);
                break;
            case Operation::by_time:
                co_await store.list_events(room_id, by_time);
                break;
            case Operation::unread:
                co_await store.get_unread_count(room_id, channel);
                break;
            case Operation::count:
                co_await store.get_event_count(room_id);
                break;
            case Operation::changes:
            case Operation::nothing_new:
                changes.since = subject.ends[static_cast<std::size_t>(call % subject.rooms_used)];
                if (operation == Operation::changes) changes.since->next_index -= 50;
                co_await store.list_changes(room_id, changes);
                break;
        }
    }
    co_return Clock::now() - began;
}

/// @returns the mean time of a call.
double microseconds(const Subject& subject, Operation operation, std::int64_t calls) {
    std::vector<RoomEvent> events;
    for (std::int64_t i = 0; operation == Operation::append && i < calls; ++i) {
        events.push_back(make_event(room_name(i % subject.rooms_used)));
    }
    const std::chrono::duration<double, std::micro> took =
        complete(repeat(subject, operation, calls, events));
    return took.count() / static_cast<double>(calls);
}

/// The number of calls in a turn. Appends are few, because a small room must stay small.
std::int64_t calls_of(const Settings& settings, bool memory, Operation operation) {
    if (!memory) return settings.count(64, 2);
    const bool lists = operation == Operation::newest || operation == Operation::page ||
                       operation == Operation::by_time || operation == Operation::changes;
    return settings.count(operation == Operation::append ? 64 : lists ? 320 : 6'400, 2);
}

/// Creates the rooms that are used, with a read marker at the first event of each.
void fill_rooms_used(Subject& subject) {
    for (std::int64_t i = 0; i < subject.rooms_used; ++i) {
        const std::string room_id = room_name(i);
        complete(fill_room(*subject.store, room_id, subject.events_in_room));
        EventQuery first;
        first.limit = 1;
        const auto events = complete(subject.store->list_events(room_id, first));
        complete(subject.store->mark_read(room_id, reader, events.at(0).id));
        const auto unread = complete(subject.store->get_unread_count(room_id, reader));
        if (unread != subject.events_in_room - 1) throw std::runtime_error("wrong unread count");
        ChangesQuery newest;
        newest.start = Start::newest;
        const auto end = complete(subject.store->list_changes(room_id, newest)).cursor;
        ChangesQuery since;
        since.since = end;
        since.since->next_index -= 50;
        const auto changes = complete(subject.store->list_changes(room_id, since));
        if (changes.reset || changes.added.size() != 50) throw std::runtime_error("not 50 changes");
        subject.ends.push_back(end);
    }
}

/// Adds rooms of one event each that are not used.
asio::awaitable<void> add_other_rooms(ConversationStore& store, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) {
        const std::string room_id = "other" + std::to_string(i);
        Room room;
        room.id = room_id;
        co_await store.create_room(std::move(room));
        RoomEvent event = make_event(room_id);
        co_await store.add_event_auto_index(room_id, std::move(event));
    }
}

/// The statement that inserts `count` copies of the rows of `table` that match `where`. Expressions
/// over `i` (1 .. `count`) replace the values of the columns in `replaced`.
std::string copies(test::Admin& admin,
                   const std::string& schema,
                   const std::string& table,
                   std::int64_t count,
                   const std::map<std::string, std::string>& replaced,
                   const std::string& where) {
    std::string names;
    std::string values;
    for (const auto& column :
         admin.query("SELECT column_name FROM information_schema.columns WHERE table_schema = '" +
                     schema + "' AND table_name = '" + table + "'")) {
        const std::string& name = column.at(0).value();
        const auto given = replaced.find(name);
        names += (names.empty() ? "" : ", ") + name;
        values += (values.empty() ? "" : ", ") +
                  (given == replaced.end() ? "original." + name : given->second);
    }
    return "INSERT INTO " + schema + "." + table + " (" + names + ") SELECT " + values + " FROM " +
           schema + "." + table + " AS original, generate_series(1, " + std::to_string(count) +
           ") AS i WHERE " + where;
}

/// Like add_other_rooms(), but on the server, with one statement for each table.
void copy_other_rooms(Database& database,
                      ConversationStore& store,
                      const std::string& schema,
                      std::int64_t count) {
    complete(add_other_rooms(store, 1));
    auto admin = database.admin();
    const std::string id = "'other' || i";
    admin.query(copies(admin, schema, "rooms", count - 1, {{"id", id}}, "original.id = 'other0'"));
    admin.query(copies(admin,
                       schema,
                       "events",
                       count - 1,
                       {{"room_id", id}, {"id", "md5(" + id + ")"}},
                       "original.room_id = 'other0'"));
    const std::string last = "other" + std::to_string(count - 1);
    if (complete(store.get_event_count(last)) != 1) throw std::runtime_error("the copy failed");
}

enum class Axis { events, rooms };

std::string schema_of(Axis axis, std::int64_t size) {
    return (axis == Axis::events ? "events_" : "rooms_") + std::to_string(size);
}

/// Creates a store of every size of the axis.
std::vector<Subject> make_subjects(Bench& bench,
                                   Axis axis,
                                   bool memory,
                                   const std::vector<std::int64_t>& sizes) {
    const Settings& settings = bench.settings;
    std::vector<Subject> subjects;
    for (const std::int64_t size : sizes) {
        Subject subject{.size = size};
        if (axis == Axis::events) {
            subject.events_in_room = size;
            subject.pages = settings.count(10, 1);
        } else {
            subject.events_in_room = settings.count(100, 60);
            subject.rooms_used = settings.count(64, 8);
        }
        const std::string schema = schema_of(axis, size);
        if (memory) {
            subject.store = std::make_shared<InMemoryStore>();
        } else {
            bench.database().drop_schema(schema);
            auto options = bench.database().options(schema);
            options.connections = 1;  // one caller; all stores are open at once
            options.deadline = std::chrono::minutes{1};
            subject.store = std::make_shared<PostgresStore>(options);
        }
        complete(subject.store->init());
        fill_rooms_used(subject);
        EventQuery middle;
        middle.after_index = cursor(subject, 0);
        middle.limit = 1;
        subject.middle =
            complete(subject.store->list_events(room_name(0), middle)).at(0).created_at;
        if (axis == Axis::rooms) {
            const auto others = size - subject.rooms_used;
            if (memory) {
                complete(add_other_rooms(*subject.store, others));
            } else {
                copy_other_rooms(bench.database(), *subject.store, schema, others);
            }
        }
        subjects.push_back(std::move(subject));
    }
    return subjects;
}

/// The mean time of a call in each of the stores, in their order: the median of the turns, because
/// a turn has so few calls that one interruption distorts its mean.
std::vector<double> sample_all(const std::vector<Subject>& subjects,
                               Operation operation,
                               std::int64_t calls) {
    std::vector<std::vector<double>> turns(subjects.size());
    std::vector<std::function<void()>> contestants;
    for (std::size_t i = 0; i < subjects.size(); ++i) {
        contestants.emplace_back(
            [&, i] { turns[i].push_back(microseconds(subjects[i], operation, calls)); });
    }
    for (int round = 0; round < rounds; ++round) take_turns(round, contestants);
    std::vector<double> medians;
    for (auto& times : turns) {
        const auto middle = times.begin() + rounds / 2;
        std::nth_element(times.begin(), middle, times.end());
        medians.push_back(*middle);
    }
    return medians;
}

std::string setup_of(Axis axis, Operation operation, std::int64_t appended) {
    std::string setup = axis == Axis::events
                            ? "1 caller; each room in a store of its own"
                            : "1 caller; 64 rooms of 100 events in use, the others idle";
    if (operation == Operation::append) {
        setup += "; the rooms in use grow by " + std::to_string(appended) + " events";
    }
    return setup;
}

void measure_axis(Bench& bench, Axis axis, bool memory) {
    const Settings& settings = bench.settings;
    const std::vector<std::int64_t> full =
        axis == Axis::events ? std::vector<std::int64_t>{1'000, 10'000, 100'000, 1'000'000}
                             : std::vector<std::int64_t>{100, 1'000, 10'000, 100'000};
    const std::vector<std::int64_t> few = axis == Axis::events
                                              ? std::vector<std::int64_t>{100, 1'000}
                                              : std::vector<std::int64_t>{10, 100};
    const auto& sizes = settings.brief ? few : full;
    const auto reference = std::to_string(settings.brief ? few.front() : 1'000);
    const auto largest = std::to_string(sizes.back());
    const char* const backend = memory ? "memory" : "Postgres";
    const char* const unit = axis == Axis::events ? "events in a room" : "rooms";
    const auto subjects = make_subjects(bench, axis, memory, sizes);
    if (!memory) bench.database().vacuum();
    for (const auto& [operation, name, at_most] : operations) {
        const auto calls = calls_of(settings, memory, operation);
        Row row("T8",
                std::string(backend) + ": " + name + ", " + largest + " " + unit + " against " +
                    reference,
                setup_of(axis, operation, (1 + settings.samples) * rounds * calls));
        sample_all(subjects, operation, calls);  // a warm-up
        for (int sample = 0; sample < settings.samples; ++sample) {
            const auto times = sample_all(subjects, operation, calls);
            for (std::size_t i = 0; i < subjects.size(); ++i) {
                row.note(std::to_string(subjects[i].size), "us", times[i]);
            }
        }
        row.compare({.ours = largest, .yardstick = reference, .at_most = at_most});
        row.set_growth({.backend = backend, .axis = unit, .operation = name, .sizes = sizes});
        bench.output.write(row);
    }
    for (const Subject& subject : subjects) {
        complete(subject.store->close());
        if (!memory) bench.database().drop_schema(schema_of(axis, subject.size));
    }
}

}  // namespace

void measure_growth(Bench& bench) {
    if (!bench.settings.wants("T8")) return;
    for (const bool memory : {true, false}) {
        measure_axis(bench, Axis::events, memory);
        measure_axis(bench, Axis::rooms, memory);
    }
}

}  // namespace roomstore::benchmark
