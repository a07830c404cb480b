// Watches under concurrency: whoever reads a room after each report never misses its last change.

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <exception>
#include <future>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/strand.hpp>
#include <asio/this_coro.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>
#include <catch2/catch_test_macros.hpp>

#include "roomstore/detail/watch_registry.hpp"
#include "support/run.hpp"

using namespace roomstore;
using detail::WatchRegistry;

namespace {

constexpr std::size_t room_count = 24;
/// Told last: whoever is told it has been told everything else.
constexpr const char* last_room = "the last room";

std::string room_id(std::size_t number) { return "room " + std::to_string(number); }

/// The rooms and the number of changes of each.
using Versions = std::array<std::atomic<int>, room_count>;
using Seen = std::array<int, room_count>;

struct Watcher {
    std::shared_ptr<RoomWatch> watch;
    Seen seen{};
    bool wrong = false;
    std::atomic<int> reports = 0;
    std::atomic<int> cancelled = 0;

    /// Whether it has run for long enough to have met every order of events.
    bool busy_enough() const { return reports >= 300 && cancelled >= 100; }
};

/// Emits the signal after it was posted `steps` times.
void cancel_after(const asio::any_io_executor& executor,
                  std::shared_ptr<asio::cancellation_signal> signal,
                  unsigned steps) {
    asio::post(executor, [executor, signal = std::move(signal), steps] {
        if (steps != 0) return cancel_after(executor, signal, steps - 1);
        signal->emit(asio::cancellation_type::terminal);
    });
}

/// One call of `next()`, which is cancelled after a random number of steps if `steps` is given.
asio::awaitable<std::vector<RoomNotice>> next(Watcher& watcher, std::optional<unsigned> steps) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    const auto signal = std::make_shared<asio::cancellation_signal>();
    if (steps) cancel_after(executor, signal, *steps);
    std::vector<RoomNotice> notices;
    try {
        auto call = watcher.watch->next();
        auto token = asio::bind_cancellation_slot(signal->slot(), asio::use_awaitable);
        notices = co_await asio::co_spawn(executor, std::move(call), token);
        ++watcher.reports;
    } catch (const std::system_error& error) {
        if (!steps || error.code() != asio::error::operation_aborted) throw;
        ++watcher.cancelled;
    }
    co_return notices;
}

/// Reads each room that is reported, until the last one is.
asio::awaitable<void> follow(Watcher& watcher, const Versions& versions, unsigned seed) {
    std::minstd_rand random(seed);
    for (;;) {
        std::optional<unsigned> steps;
        if (random() % 2 == 0) steps = static_cast<unsigned>(random() % 8);
        const auto notices = co_await next(watcher, steps);
        bool last = false;
        for (const RoomNotice& notice : notices) {
            if (notice.room_id == last_room) {
                last = true;
                continue;
            }
            const auto number = static_cast<std::size_t>(std::stoi(notice.room_id.substr(5)));
            const int version = versions.at(number);
            if (version < watcher.seen.at(number)) watcher.wrong = true;
            watcher.seen.at(number) = version;
        }
        if (last) co_return;
        // Removing and adding a room loses nothing, because it is then reported.
        const auto room = room_id(random() % room_count);
        if (random() % 4 == 0) {
            watcher.watch->remove(room);
            watcher.watch->add(room);
        }
    }
}

/// Runs `work` on several threads until it is destroyed.
class Repeat {
public:
    template <typename Work>
    Repeat(int threads, Work work) {
        for (int i = 0; i < threads; ++i) {
            threads_.emplace_back([this, work, i] {
                std::minstd_rand random(static_cast<unsigned>(i) + 1);
                while (!stop_) work(random);
            });
        }
    }
    ~Repeat() {
        stop_ = true;
        for (auto& thread : threads_) thread.join();
    }
    Repeat(const Repeat&) = delete;
    Repeat& operator=(const Repeat&) = delete;

private:
    std::atomic<bool> stop_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace

TEST_CASE("who reads a room after each report never misses its last change", "[concurrency]") {
    const test::Watchdog watchdog;
    const auto registry = WatchRegistry::make();
    Versions versions{};
    std::vector<std::string> rooms;
    for (std::size_t i = 0; i < room_count; ++i) rooms.push_back(room_id(i));
    rooms.emplace_back(last_room);

    asio::thread_pool pool(3);
    std::array<Watcher, 4> watchers;
    std::vector<std::future<void>> ends;
    for (std::size_t i = 0; i < watchers.size(); ++i) {
        watchers[i].watch = registry->watch(rooms);
        // It is reported once after it was added.
        watchers[i].watch->remove(last_room);
        ends.push_back(asio::co_spawn(asio::make_strand(pool),
                                      follow(watchers[i], versions, static_cast<unsigned>(i) + 1),
                                      asio::use_future));
    }
    {
        // Rooms that come and go, and extra reports, from threads that do not wait for the watch.
        const Repeat disturb(1, [&](auto& random) {
            RoomWatch& watch = *watchers[random() % watchers.size()].watch;
            const auto room = room_id(random() % room_count);
            watch.mark(room);
            watch.add(room);
            static_cast<void>(registry->watch({room, "other"}));
            static_cast<void>(registry->rooms());
        });
        std::vector<std::thread> writers;
        for (unsigned seed = 1; seed <= 3; ++seed) {
            writers.emplace_back([&, seed] {
                std::minstd_rand random(seed);
                while (!std::all_of(watchers.begin(), watchers.end(), [](const Watcher& watcher) {
                    return watcher.busy_enough();
                })) {
                    const std::size_t number = random() % room_count;
                    ++versions.at(number);
                    registry->tell(room_id(number));
                }
            });
        }
        for (auto& writer : writers) writer.join();
    }
    // Adding reports it.
    for (auto& watcher : watchers) watcher.watch->add(last_room);
    for (auto& end : ends) end.get();
    Seen last{};
    for (std::size_t i = 0; i < room_count; ++i) last.at(i) = versions.at(i);
    for (const auto& watcher : watchers) {
        CHECK(watcher.seen == last);
        CHECK_FALSE(watcher.wrong);
    }
    registry->close();
    pool.join();
}

TEST_CASE("execution contexts are destroyed while their calls are woken", "[concurrency]") {
    const test::Watchdog watchdog;
    const auto registry = WatchRegistry::make();
    std::vector<std::shared_ptr<RoomWatch>> watches;
    for (int i = 0; i < 8; ++i) watches.push_back(registry->watch({"room"}));
    const auto wait = [](RoomWatch& watch) -> asio::awaitable<void> {
        for (;;) co_await watch.next();
    };
    const Repeat tell(2, [&](auto&) { registry->tell("room"); });
    int failures = 0;
    for (int round = 0; round < 300; ++round) {
        asio::io_context context;
        for (const auto& watch : watches) {
            asio::co_spawn(context, wait(*watch), [&](const std::exception_ptr& failure) {
                if (failure) ++failures;
            });
        }
        for (int i = 0; i < 50; ++i) context.poll_one();
    }
    // No call has failed, for example because the one before had kept its place.
    CHECK(failures == 0);
}

TEST_CASE("watches are destroyed and the registry is closed while all members are called",
          "[concurrency]") {
    const test::Watchdog watchdog;
    asio::thread_pool pool(2);
    for (int round = 0; round < 100; ++round) {
        const auto registry = WatchRegistry::make();
        std::array<std::atomic<int>, 3> ends{};
        constexpr std::size_t watch_count = 6;
        std::vector<std::shared_ptr<RoomWatch>> watches;
        std::vector<std::future<void>> calls;
        const auto wait = [](asio::awaitable<std::vector<RoomNotice>> call,
                             std::array<std::atomic<int>, 3>& seen) -> asio::awaitable<void> {
            try {
                co_await std::move(call);
                ++seen[0];
            } catch (const std::system_error& error) {
                if (error.code() == asio::error::operation_aborted) ++seen[1];
                if (error.code() == errc::closed) ++seen[2];
            }
        };
        for (std::size_t i = 0; i < watch_count; ++i) {
            watches.push_back(registry->watch({"a", "b"}));
            calls.push_back(
                asio::co_spawn(pool, wait(watches.back()->next(), ends), asio::use_future));
            calls.back().get();
            calls.back() =
                asio::co_spawn(pool, wait(watches.back()->next(), ends), asio::use_future);
        }
        std::optional<Repeat> use;
        use.emplace(2, [&, kept = watches.front()](auto& random) {
            static constexpr std::array rooms{"a", "b", "c", "d"};
            const std::string room = rooms.at(random() % rooms.size());
            try {
                switch (random() % 4) {
                    case 0:
                        kept->add(room);
                        break;
                    case 1:
                        kept->remove(room);
                        break;
                    case 2:
                        static_cast<void>(registry->watch({room}));
                        break;
                    default:
                        break;
                }
            } catch (const Error&) {
                // closed
            }
            registry->tell("c");
        });
        std::thread destroyer([&] {
            for (std::size_t i = 1; i < watch_count; ++i) watches[i].reset();
        });
        registry->close();
        destroyer.join();
        for (auto& call : calls) call.get();
        use.reset();
        CHECK(ends[0] >= static_cast<int>(watch_count));
        CHECK(ends[0] + ends[1] + ends[2] == 2 * static_cast<int>(watch_count));
        CHECK(registry->rooms_watched() == 0);
    }
    pool.join();
}
