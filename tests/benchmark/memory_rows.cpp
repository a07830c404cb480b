#include <barrier>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "benchmark/bare_store.hpp"
#include "benchmark/callers.hpp"
#include "benchmark/events.hpp"
#include "benchmark/rows.hpp"
#include "benchmark/turns.hpp"
#include "roomstore/memory/in_memory_store.hpp"

namespace roomstore::benchmark {

namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* reader = "reader";

void expect(bool holds, const char* what) {
    if (!holds) throw std::runtime_error(what);
}

/// The bare store as coroutines: adds the cost of awaiting and of string parameters by value.
class BareCoroutines {
public:
    asio::awaitable<void> init() { co_return; }
    asio::awaitable<void> create_room(Room room) {
        store_.create_room(std::move(room));
        co_return;
    }
    asio::awaitable<RoomEvent> add_event_auto_index(std::string room_id, RoomEvent event) {
        co_return store_.append(room_id, std::move(event));
    }
    asio::awaitable<std::optional<Room>> get_room(std::string room_id) {
        co_return store_.get_room(room_id);
    }
    asio::awaitable<std::vector<RoomEvent>> list_events(std::string room_id, EventQuery query) {
        co_return store_.list_newest(room_id, query.limit);
    }
    asio::awaitable<void> mark_read(std::string room_id, std::string channel_id, std::string) {
        store_.mark_read(room_id, channel_id, 0);
        co_return;
    }
    asio::awaitable<std::int64_t> get_unread_count(std::string room_id, std::string channel_id) {
        co_return store_.get_unread_count(room_id, channel_id);
    }

private:
    BareStore store_;
};

template <typename Store>
constexpr const char* name_of = "InMemoryStore";
template <>
constexpr const char* name_of<BareCoroutines> = "mutex and vector, awaited";

/// A store called through coroutines, as by an application.
template <typename Store>
class Awaited {
public:
    static constexpr const char* name = name_of<Store>;

    explicit Awaited(int rooms) {
        complete(store_.init());
        for (int i = 0; i < rooms; ++i) {
            Room room;
            room.id = room_name(i);
            complete(create(std::move(room)));
        }
    }

    void append(const std::string& room_id,
                std::vector<RoomEvent> events,
                std::int64_t next_index = 0) {
        complete(append_all(room_id, events, next_index));
    }
    void get_room(const std::string& room_id, std::int64_t calls) {
        complete(get_repeatedly(room_id, calls));
    }
    void list_newest(const std::string& room_id, std::int64_t calls) {
        complete(list_repeatedly(room_id, calls));
    }
    void set_marker(const std::string& room_id, const std::string& event_id) {
        complete(store_.mark_read(room_id, reader, event_id));
    }
    void count_unread(const std::string& room_id, std::int64_t calls, std::int64_t unread) {
        complete(count_repeatedly(room_id, calls, unread));
    }

private:
    asio::awaitable<void> create(Room room) { co_await store_.create_room(std::move(room)); }

    asio::awaitable<void> append_all(const std::string& room_id,
                                     std::vector<RoomEvent>& events,
                                     std::int64_t index) {
        for (auto& event : events) {
            const auto stored = co_await store_.add_event_auto_index(room_id, std::move(event));
            expect(stored.index == index++, "append: wrong index");
        }
    }

    asio::awaitable<void> get_repeatedly(const std::string& room_id, std::int64_t calls) {
        for (std::int64_t i = 0; i < calls; ++i) {
            const auto room = co_await store_.get_room(room_id);
            expect(room.has_value(), "get_room: no room");
        }
    }

    asio::awaitable<void> list_repeatedly(const std::string& room_id, std::int64_t calls) {
        EventQuery query;
        query.newest_first = true;
        for (std::int64_t i = 0; i < calls; ++i) {
            const auto events = co_await store_.list_events(room_id, query);
            expect(events.size() == 50, "list_events: not 50");
        }
    }

    asio::awaitable<void> count_repeatedly(const std::string& room_id,
                                           std::int64_t calls,
                                           std::int64_t unread) {
        const std::string channel = reader;
        for (std::int64_t i = 0; i < calls; ++i) {
            const auto count = co_await store_.get_unread_count(room_id, channel);
            expect(count == unread, "get_unread_count: wrong count");
        }
    }

    Store store_;
};

using Ours = Awaited<InMemoryStore>;
using AwaitedBare = Awaited<BareCoroutines>;

/// The yardstick, called directly.
class Bare {
public:
    static constexpr const char* name = "mutex and vector";

    explicit Bare(int rooms) {
        for (int i = 0; i < rooms; ++i) {
            Room room;
            room.id = room_name(i);
            store_.create_room(std::move(room));
        }
    }

    void append(const std::string& room_id, std::vector<RoomEvent> events, std::int64_t index = 0) {
        for (auto& event : events) {
            const auto stored = store_.append(room_id, std::move(event));
            expect(stored.index == index++, "append: wrong index");
        }
    }
    void get_room(const std::string& room_id, std::int64_t calls) {
        for (std::int64_t i = 0; i < calls; ++i) {
            expect(store_.get_room(room_id).has_value(), "get_room: no room");
        }
    }
    void list_newest(const std::string& room_id, std::int64_t calls) {
        for (std::int64_t i = 0; i < calls; ++i) {
            expect(store_.list_newest(room_id, 50).size() == 50, "list_newest: not 50");
        }
    }
    void set_marker(const std::string& room_id, const std::string&) {
        store_.mark_read(room_id, reader, 0);
    }
    void count_unread(const std::string& room_id, std::int64_t calls, std::int64_t unread) {
        const std::string channel = reader;
        for (std::int64_t i = 0; i < calls; ++i) {
            expect(store_.get_unread_count(room_id, channel) == unread,
                   "get_unread_count: wrong count");
        }
    }

private:
    BareStore store_;
};

struct MemoryRows {
    Row append{"T7", "memory: append", "40 000 events, awaited one by one on one thread"};
    Row get_room{"T7", "memory: get_room", "after 40 000 events, each created when it is appended"};
    Row list{"T7",
             "memory: list newest 50",
             "after 40 000 events, each created when it is appended"};
    Row unread{"T7", "memory: unread count", "after 40 000 events, 39 999 of them unread"};
    Row threads{"T7", "memory: 2 threads, distinct rooms, append", "each appends 40 000 events"};
};

double rate(std::int64_t calls, const std::function<void()>& work) {
    const auto began = Clock::now();
    work();
    return static_cast<double>(calls) / std::chrono::duration<double>(Clock::now() - began).count();
}

/// Reads from a store that was filled event by event, as by an application. Creating all events in
/// advance and destroying them at once would fragment the heap and distort the figures.
template <typename Store>
void measure_reads(const Settings& settings, MemoryRows& rows) {
    const auto events = settings.count(40'000, 400);
    const auto quick = settings.count(400'000, 400);
    const auto lists = settings.count(4'000, 10);
    const std::string room = room_name(0);
    Store store(1);
    std::string first_id;
    for (std::int64_t i = 0; i < events; ++i) {
        auto given = make_events(room, 1);
        if (i == 0) first_id = given.front().id;
        store.append(room, std::move(given), i);
    }
    store.set_marker(room, first_id);
    rows.get_room.note(Store::name, "/s", rate(quick, [&] { store.get_room(room, quick); }));
    rows.list.note(Store::name, "/s", rate(lists, [&] { store.list_newest(room, lists); }));
    rows.unread.note(
        Store::name, "/s", rate(quick, [&] { store.count_unread(room, quick, events - 1); }));
}

template <typename Store>
void measure_append(const Settings& settings, MemoryRows& rows) {
    const auto events = settings.count(40'000, 400);
    const std::string room = room_name(0);
    Store store(1);
    auto given = make_events(room, events);
    rows.append.note(
        Store::name, "/s", rate(events, [&] { store.append(room, std::move(given)); }));
}

template <typename Store>
void measure_operations(const Settings& settings, MemoryRows& rows) {
    measure_reads<Store>(settings, rows);
    measure_append<Store>(settings, rows);
}

/// Appends from `threads` threads at once, each to its own room. @returns events per second.
template <typename Append>
double append_at_once(int threads, std::int64_t events, Append append) {
    std::vector<std::exception_ptr> failures(static_cast<std::size_t>(threads));
    std::barrier start(threads + 1);
    std::vector<std::jthread> workers;
    for (int i = 0; i < threads; ++i) {
        workers.emplace_back([&, i] {
            // Created by the thread that appends them, as in an application, so that memory is
            // freed to the malloc arena it came from.
            auto given = make_events(room_name(i), events);
            start.arrive_and_wait();
            try {
                append(i, std::move(given));
            } catch (...) {
                failures[static_cast<std::size_t>(i)] = std::current_exception();
            }
        });
    }
    const auto all = threads * events;
    const double per_second = rate(all, [&] {
        start.arrive_and_wait();
        for (auto& worker : workers) worker.join();
    });
    for (const auto& failure : failures) {
        if (failure) std::rethrow_exception(failure);
    }
    return per_second;
}

double append_to_one_store(int threads, std::int64_t events) {
    Ours store(threads);
    return append_at_once(threads, events, [&](int i, std::vector<RoomEvent> given) {
        store.append(room_name(i), std::move(given));
    });
}

/// The scaling that the machine allows: the threads share nothing.
double append_to_own_bare_stores(int threads, std::int64_t events) {
    std::vector<std::unique_ptr<Bare>> stores;
    for (int i = 0; i < threads; ++i) stores.push_back(std::make_unique<Bare>(threads));
    return append_at_once(threads, events, [&](int i, std::vector<RoomEvent> given) {
        stores[static_cast<std::size_t>(i)]->append(room_name(i), std::move(given));
    });
}

}  // namespace

void measure_memory(Bench& bench) {
    if (!bench.settings.wants("T7")) return;
    // An application has more than one thread. In a process with one thread, the C and C++
    // libraries skip locks and atomic operations.
    const std::jthread second([](const std::stop_token& stop) {
        std::mutex mutex;
        std::unique_lock lock(mutex);
        std::condition_variable_any().wait(lock, stop, [] { return false; });
    });
    MemoryRows rows;
    MemoryRows warm_up;
    measure_operations<Ours>(bench.settings, warm_up);
    measure_operations<Bare>(bench.settings, warm_up);
    const auto events = bench.settings.count(40'000, 400);
    for (int sample = 0; sample < bench.settings.samples; ++sample) {
        take_turns(sample,
                   {[&] { measure_operations<Ours>(bench.settings, rows); },
                    [&] { measure_operations<Bare>(bench.settings, rows); },
                    [&] { measure_operations<AwaitedBare>(bench.settings, rows); }});
        const auto append = [&](const char* name, auto* append_with, int threads) {
            rows.threads.note(name, "/s", append_with(threads, events));
        };
        take_turns(sample,
                   {[&] { append("InMemoryStore, 2 threads", append_to_one_store, 2); },
                    [&] { append("InMemoryStore, 1 thread", append_to_one_store, 1); },
                    [&] { append("two bare stores, 2 threads", append_to_own_bare_stores, 2); },
                    [&] { append("one bare store, 1 thread", append_to_own_bare_stores, 1); }});
    }
    for (Row* const row : {&rows.append, &rows.get_room, &rows.list, &rows.unread}) {
        row->compare({.ours = Ours::name, .yardstick = Bare::name, .at_least = 0.5});
        // Shows how much of the difference is the cost of coroutines.
        row->compare({.ours = Ours::name, .yardstick = AwaitedBare::name});
        bench.output.write(*row);
    }
    rows.threads.compare({.ours = "InMemoryStore, 2 threads",
                          .yardstick = "InMemoryStore, 1 thread",
                          .at_least = 1.6});
    rows.threads.compare(
        {.ours = "two bare stores, 2 threads", .yardstick = "one bare store, 1 thread"});
    bench.output.write(rows.threads);
}

}  // namespace roomstore::benchmark
