#include "roomstore/memory/detail/change_log.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

using roomstore::detail::memory::ChangeLog;

namespace {

struct Told {
    std::int64_t index = 0;
    std::int64_t revision = 0;
    std::optional<std::string> deleted_id{};
    bool operator==(const Told&) const = default;
};

std::vector<Told> told_after(const ChangeLog& log, std::int64_t revision) {
    std::vector<Told> told;
    for (auto next = log.after(revision); next != log.end(); ++next) {
        const auto& [index, row] = *next->second;
        CHECK(row.revision == next->first);
        told.push_back({index, row.revision, row.deleted_id});
    }
    return told;
}

void add(ChangeLog& log, std::int64_t index, std::int64_t revision) {
    log.add(ChangeLog::Change(), index, revision);
}

}  // namespace

TEST_CASE("a new change log is empty") {
    const ChangeLog log;
    CHECK(log.size() == 0);
    CHECK(log.floor() == 0);
    CHECK(told_after(log, 0).empty());
}

TEST_CASE("changes are found by revision, the latest one of each event") {
    ChangeLog log;
    add(log, 7, 1);
    add(log, 3, 2);
    log.add(ChangeLog::Change("gone"), 9, 4);
    CHECK(told_after(log, 0) == std::vector<Told>{{7, 1}, {3, 2}, {9, 4, "gone"}});
    CHECK(told_after(log, 1) == std::vector<Told>{{3, 2}, {9, 4, "gone"}});
    CHECK(told_after(log, 3) == std::vector<Told>{{9, 4, "gone"}});
    CHECK(told_after(log, 4).empty());

    log.add(ChangeLog::Change("7"), 7, 5);
    add(log, 9, 6);
    CHECK(told_after(log, 0) == std::vector<Told>{{3, 2}, {7, 5, "7"}, {9, 6}});
    CHECK(log.size() == 3);
    CHECK(log.floor() == 0);
}

TEST_CASE("the oldest changes are forgotten, and the floor is the highest of them") {
    ChangeLog log;
    for (int i = 1; i <= 5; ++i) add(log, 10 - i, 2 * i);
    log.forget_beyond(5);
    CHECK(log.size() == 5);
    CHECK(log.floor() == 0);
    log.forget_beyond(3);
    CHECK(told_after(log, 0) == std::vector<Told>{{7, 6}, {6, 8}, {5, 10}});
    CHECK(log.floor() == 4);
    // A change that another one has replaced is not forgotten: its event is told.
    add(log, 7, 11);
    log.forget_beyond(3);
    CHECK(log.floor() == 4);
    add(log, 1, 12);
    log.forget_beyond(3);
    CHECK(told_after(log, 0) == std::vector<Told>{{5, 10}, {7, 11}, {1, 12}});
    CHECK(log.floor() == 8);
    // An event that was forgotten can change again.
    add(log, 9, 13);
    log.forget_beyond(1);
    CHECK(told_after(log, 0) == std::vector<Told>{{9, 13}});
    CHECK(log.floor() == 12);
}

TEST_CASE("changes below an index are dropped a few at a time, and leave the floor") {
    ChangeLog log;
    for (int i = 0; i < 6; ++i) add(log, i, 100 - 10 * (6 - i));
    CHECK_FALSE(log.drop_below(0, 10));
    CHECK(log.size() == 6);
    CHECK(log.drop_below(4, 3));
    CHECK(told_after(log, 0) == std::vector<Told>{{3, 70}, {4, 80}, {5, 90}});
    CHECK(log.drop_below(4, 0));
    CHECK_FALSE(log.drop_below(4, 1));
    CHECK(told_after(log, 0) == std::vector<Told>{{4, 80}, {5, 90}});
    CHECK_FALSE(log.drop_below(4, 1));
    CHECK(log.floor() == 0);
    CHECK_FALSE(log.drop_below(100, 2));
    CHECK(log.size() == 0);
    CHECK_FALSE(log.drop_below(100, 0));
}

TEST_CASE("a change log agrees with a simple one after random changes") {
    std::mt19937 random(11);
    ChangeLog log;
    std::map<std::int64_t, Told> model;  // by revision
    std::int64_t floor = 0;
    std::int64_t revision = 0;
    for (int step = 0; step < 5000; ++step) {
        const auto index = static_cast<std::int64_t>(random() % 40);
        revision += 1 + static_cast<std::int64_t>(random() % 2);
        std::optional<std::string> id;
        if (random() % 3 == 0) id = "id " + std::to_string(step);
        log.add(ChangeLog::Change(id), index, revision);
        std::erase_if(model, [&](const auto& each) { return each.second.index == index; });
        model[revision] = {index, revision, id};
        if (random() % 10 == 0) {
            const std::size_t most = 1 + random() % 40;
            log.forget_beyond(most);
            for (; model.size() > most; model.erase(model.begin())) floor = model.begin()->first;
        }
        if (random() % 20 == 0) {
            const auto below = static_cast<std::int64_t>(random() % 20);
            while (log.drop_below(below, 2)) {
            }
            std::erase_if(model, [&](const auto& each) { return each.second.index < below; });
        }
        REQUIRE(log.size() == model.size());
        REQUIRE(log.floor() == floor);
        const auto after =
            static_cast<std::int64_t>(random() % static_cast<unsigned>(revision + 2));
        std::vector<Told> expected;
        for (auto next = model.upper_bound(after); next != model.end(); ++next) {
            expected.push_back(next->second);
        }
        REQUIRE(told_after(log, after) == expected);
    }
    CHECK(floor > 0);
}
