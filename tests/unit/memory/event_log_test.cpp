#include "roomstore/memory/detail/event_log.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <limits>
#include <map>
#include <memory>
#include <numeric>
#include <random>
#include <set>
#include <vector>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

using namespace roomstore;
using roomstore::detail::memory::EventLog;
using roomstore::detail::memory::EventPtr;
using roomstore::detail::memory::PackedEvent;
using roomstore::detail::memory::RoomHandle;

namespace {

constexpr auto max_index = std::numeric_limits<std::int64_t>::max() - 1;

EventPtr event_at(std::int64_t index) {
    static RoomHandle room("room", Timestamp{});
    return std::make_shared<const PackedEvent>(RoomEvent{.id = "e", .index = index}, room);
}

void check_same(const EventLog& log, const std::set<std::int64_t>& model) {
    REQUIRE(log.size() == model.size());
    auto expected = model.begin();
    for (const auto& [index, event] : log) {
        REQUIRE(index == *expected++);
        REQUIRE(event->index() == index);
    }
    std::vector<std::int64_t> probes{-1, 0, 1, max_index};
    for (const auto index : model) {
        for (const std::int64_t near : {index - 1, index, index + 1}) probes.push_back(near);
    }
    for (const auto probe : probes) {
        const auto below = std::distance(model.begin(), model.lower_bound(probe));
        const auto above = std::distance(model.upper_bound(probe), model.end());
        REQUIRE(log.rank(log.lower_bound(probe)) == static_cast<std::size_t>(below));
        REQUIRE(log.size() - log.rank(log.upper_bound(probe)) == static_cast<std::size_t>(above));
        REQUIRE(log.count_above(probe) == above);
        REQUIRE((log.find(probe) != nullptr) == model.contains(probe));
    }
}

}  // namespace

TEST_CASE("an event log agrees with a plain set of indexes under random changes") {
    const bool hides = GENERATE(false, true);
    for (unsigned seed = 1; seed <= 40; ++seed) {
        INFO("seed " << seed);
        std::mt19937 random(seed);
        EventLog log;
        std::set<std::int64_t> model;
        std::int64_t next = 0;
        for (int step = 0; step < 300; ++step) {
            const auto choice = random() % 10;
            if (choice < 6) {
                REQUIRE(log.insert(event_at(next)));
                model.insert(next++);
            } else if (choice < 8 && !model.empty()) {
                // Mostly one of the newest, because users mostly delete what they just wrote.
                auto victim = std::prev(model.end());
                for (auto back = random() % 4; back > 0 && victim != model.begin(); --back) {
                    --victim;
                }
                REQUIRE(log.erase(*victim));
                model.erase(victim);
            } else {
                auto index = static_cast<std::int64_t>(random() % 400);
                index = std::max(index, log.first_index());
                REQUIRE(log.insert(event_at(index)) == model.insert(index).second);
                if (index >= next) next = index + 1;
            }
            if (hides && random() % 30 == 0) {
                const auto first = log.first_index() + static_cast<std::int64_t>(random() % 20);
                log.hide_below(first);
                model.erase(model.begin(), model.lower_bound(first));
                next = std::max(next, first);
            }
            if (random() % 3 == 0 && log.hidden() != nullptr) {
                const auto index = (*log.hidden())->index();
                REQUIRE(index < log.first_index());
                REQUIRE(log.find(index) == nullptr);
                REQUIRE(log.find_any(index) != nullptr);
                REQUIRE(log.erase(index));
                REQUIRE(log.find_any(index) == nullptr);
            }
            if (step % 7 == 0) check_same(log, model);
        }
        check_same(log, model);
    }
}

TEST_CASE("an event log can have indexes far apart, up to the highest") {
    EventLog log;
    std::set<std::int64_t> model;
    for (const std::int64_t index : {max_index, std::int64_t{0}, max_index - 1, std::int64_t{5}}) {
        CHECK(log.insert(event_at(index)));
        model.insert(index);
        check_same(log, model);
    }
    CHECK_FALSE(log.insert(event_at(max_index)));
    for (const std::int64_t index : {std::int64_t{5}, max_index, std::int64_t{0}, max_index - 1}) {
        CHECK(log.erase(index));
        CHECK_FALSE(log.erase(index));
        model.erase(index);
        check_same(log, model);
    }
}

TEST_CASE("an event log counts correctly when gaps appear and are filled") {
    EventLog log;
    std::set<std::int64_t> model;
    const auto add = [&](std::int64_t index) {
        REQUIRE(log.insert(event_at(index)));
        model.insert(index);
        check_same(log, model);
    };
    const auto remove = [&](std::int64_t index) {
        REQUIRE(log.erase(index));
        model.erase(index);
        check_same(log, model);
    };
    for (std::int64_t i = 0; i < 10; ++i) add(i);
    remove(4);
    add(10);
    remove(10);
    add(11);
    remove(11);
    remove(9);
    add(12);
    add(11);
    add(10);
    add(9);
    add(4);
    for (std::int64_t i = 0; i < 13; ++i) remove(12 - i);
    add(13);
    remove(13);
}

TEST_CASE("an event log replaces an event") {
    EventLog log;
    for (std::int64_t i = 0; i < 5; ++i) log.insert(event_at(i));
    const EventPtr replacement = event_at(3);
    log.replace(replacement);
    CHECK(*log.find(3) == replacement);
    CHECK(log.size() == 5);
}

namespace {

using std::chrono::seconds;

/// A log, and the times of its events in the order of their indexes.
struct TimedLog {
    void insert(std::int64_t index, Timestamp time) {
        static RoomHandle room("room", Timestamp{});
        log.insert(std::make_shared<const PackedEvent>(
            RoomEvent{.id = "e", .index = index, .created_at = time}, room));
        times[index] = time;
    }

    /// Checks that what is skipped does not match.
    /// @returns the most events that are left although they do not match either.
    std::size_t most_left_over(const std::vector<Timestamp>& probes) const {
        std::size_t most = 0;
        for (const auto time : probes) {
            const auto first = log.first_after(time);
            const auto past = log.past_before(time);
            std::size_t rank = 0;
            std::size_t first_match = times.size();
            std::size_t past_match = 0;
            for (const auto& [index, created_at] : times) {
                if (created_at > time) first_match = std::min(first_match, rank);
                if (created_at < time) past_match = rank + 1;
                ++rank;
            }
            REQUIRE(first <= first_match);
            REQUIRE(past >= past_match);
            most = std::max({most, first_match - first, past - past_match});
        }
        return most;
    }

    EventLog log;
    std::map<std::int64_t, Timestamp> times;
};

constexpr std::int64_t many = 20'000;

std::vector<Timestamp> some_times() {
    std::vector<Timestamp> times;
    for (std::int64_t i = -5; i < many + 5; i += 487) times.emplace_back(seconds(i));
    return times;
}

std::vector<std::int64_t> indexes(std::int64_t count) {
    std::vector<std::int64_t> all(static_cast<std::size_t>(count));
    std::iota(all.begin(), all.end(), 0);
    return all;
}

}  // namespace

TEST_CASE("an event log whose times ascend bisects to the event, in whatever order they came") {
    std::mt19937 random(1);
    auto order = indexes(many);
    TimedLog appended;
    for (const auto index : order) appended.insert(index, Timestamp(seconds(index / 3)));
    CHECK(appended.most_left_over(some_times()) == 0);
    std::ranges::shuffle(order, random);
    TimedLog imported;
    for (const auto index : order) imported.insert(index * index, Timestamp(seconds(index / 3)));
    CHECK(imported.most_left_over(some_times()) == 0);
}

TEST_CASE("an event log whose times nearly ascend bisects nearly to the event") {
    std::mt19937 random(2);
    auto order = indexes(many);
    const auto time_of = [&](std::int64_t index) {
        return Timestamp(seconds(index)) + std::chrono::milliseconds(random() % 3000);
    };
    // Times that are 3 s apart leave 6 s of doubt.
    TimedLog appended;
    for (const auto index : order) appended.insert(index, time_of(index));
    CHECK(appended.most_left_over(some_times()) < 10);
    TimedLog backwards;
    for (const auto index : order) backwards.insert(many - index, time_of(many - index));
    CHECK(backwards.most_left_over(some_times()) < 10);
    std::ranges::shuffle(order, random);
    TimedLog imported;
    for (const auto index : order) imported.insert(index, time_of(index));
    CHECK(imported.most_left_over(some_times()) < 1000);
}

TEST_CASE("an event log skips no event that matches, however the times lie") {
    for (unsigned seed = 1; seed <= 60; ++seed) {
        INFO("seed " << seed);
        std::mt19937 random(seed);
        const std::int64_t span = seed % 2 == 0 ? 30 : 3;
        const std::vector<Timestamp> ends{min_timestamp, max_timestamp};
        TimedLog timed;
        for (int step = 0; step < 200; ++step) {
            const auto index = static_cast<std::int64_t>(random() % 400);
            if (seed % 4 == 1 && random() % 20 == 0) {
                const auto first =
                    timed.log.first_index() + static_cast<std::int64_t>(random() % 30);
                timed.log.hide_below(first);
                timed.times.erase(timed.times.begin(), timed.times.lower_bound(first));
            }
            if (index < timed.log.first_index()) continue;
            if (random() % 5 == 0) {
                timed.log.erase(index);
                timed.times.erase(index);
            } else if (!timed.times.contains(index)) {
                const auto off = static_cast<std::int64_t>(random()) % span;
                const bool extreme = seed % 5 == 0 && random() % 20 == 0;
                timed.insert(index,
                             extreme ? ends[random() % 2]
                                     : Timestamp(seconds(seed % 3 == 0 ? off : index + off)));
            }
        }
        auto probes = ends;
        for (std::int64_t i = -2; i < 440; ++i) probes.emplace_back(seconds(i));
        timed.most_left_over(probes);
    }
}
