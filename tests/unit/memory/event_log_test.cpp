#include "roomstore/memory/detail/event_log.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <limits>
#include <memory>
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
