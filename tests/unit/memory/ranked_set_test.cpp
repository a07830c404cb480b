#include "roomstore/memory/detail/ranked_set.hpp"

#include <cstdint>
#include <iterator>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

using roomstore::detail::memory::RankedSet;

namespace {

struct Numbers {
    using Key = int;
    static int key(int number) noexcept { return number; }
};

/// Compares every query of the set with a std::set.
template <typename Set>
void check_same(const Set& set, const std::set<int>& model, int highest) {
    REQUIRE(set.size() == model.size());
    REQUIRE(set.empty() == model.empty());
    REQUIRE(std::vector<int>(set.begin(), set.end()) ==
            std::vector<int>(model.begin(), model.end()));
    REQUIRE(std::vector<int>(std::make_reverse_iterator(set.end()),
                             std::make_reverse_iterator(set.begin())) ==
            std::vector<int>(model.rbegin(), model.rend()));
    std::size_t rank = 0;
    for (const int number : model) {
        REQUIRE(*set.at(rank) == number);
        REQUIRE(set.rank(set.at(rank)) == rank);
        ++rank;
    }
    REQUIRE(set.at(rank) == set.end());
    REQUIRE(set.rank(set.end()) == rank);
    for (int key = -1; key <= highest; ++key) {
        const auto before =
            static_cast<std::size_t>(std::distance(model.begin(), model.lower_bound(key)));
        const auto up_to =
            static_cast<std::size_t>(std::distance(model.begin(), model.upper_bound(key)));
        REQUIRE(set.rank(set.lower_bound(key)) == before);
        REQUIRE(set.rank(set.upper_bound(key)) == up_to);
        REQUIRE((set.find(key) != set.end()) == model.contains(key));
    }
    if (!model.empty()) {
        REQUIRE(set.front() == *model.begin());
        REQUIRE(set.back() == *model.rbegin());
    }
}

}  // namespace

TEMPLATE_TEST_CASE("a ranked set agrees with a std::set under random changes",
                   "",
                   (RankedSet<int, Numbers, 2>),
                   (RankedSet<int, Numbers, 4>),
                   (RankedSet<int, Numbers, 7>),
                   (RankedSet<int, Numbers>)) {
    constexpr int highest = 120;
    for (unsigned seed = 1; seed <= 12; ++seed) {
        INFO("seed " << seed);
        std::mt19937 random(seed);
        TestType set;
        std::set<int> model;
        // The ratio of insertions depends on the seed, so that sets grow, shrink and become empty.
        const unsigned adds_of_ten = 2 + seed % 7;
        for (int step = 0; step < 400; ++step) {
            const int number = static_cast<int>(random() % highest);
            if (random() % 10 < adds_of_ten) {
                REQUIRE(set.insert(number) == model.insert(number).second);
            } else if (random() % 20 == 0 && !model.empty()) {
                const int last = *model.rbegin();
                model.erase(last);
                REQUIRE(set.erase(last));
            } else {
                REQUIRE(set.erase(number) == (model.erase(number) == 1));
            }
            if (step % 10 == 0) check_same(set, model, highest);
        }
        check_same(set, model, highest);
    }
}

TEMPLATE_TEST_CASE("a ranked set is correct for ordered insertions and removals",
                   "",
                   (RankedSet<int, Numbers, 4>),
                   (RankedSet<int, Numbers, 5>)) {
    constexpr int count = 150;
    TestType set;
    std::set<int> model;
    const auto add = [&](int number) {
        REQUIRE(set.insert(number));
        model.insert(number);
        check_same(set, model, count);
    };
    const auto remove = [&](int number) {
        REQUIRE(set.erase(number));
        model.erase(number);
        check_same(set, model, count);
    };

    SECTION("inserted ascending, removed from the front, then from the back") {
        for (int i = 0; i < count; ++i) add(i);
        for (int i = 0; i < count / 2; ++i) remove(i);
        for (int i = count - 1; i >= count / 2; --i) remove(i);
        for (int i = 0; i < 20; ++i) add(i);
    }
    SECTION("inserted descending, every second one removed and inserted again") {
        for (int i = count - 1; i >= 0; --i) add(i);
        for (int i = 0; i < count; i += 2) remove(i);
        for (int i = 0; i < count; i += 2) add(i);
    }
    SECTION("inserted from the middle outwards, then nine of ten removed") {
        for (int i = 0; i < count / 2; ++i) {
            add(count / 2 + i);
            add(count / 2 - 1 - i);
        }
        for (int i = 0; i < count; ++i) {
            if (i % 10 != 0) remove(i);
        }
    }
}

TEST_CASE("a moved-from ranked set is empty and usable") {
    RankedSet<int, Numbers, 4> set;
    for (int i = 0; i < 20; ++i) set.insert(i);
    set.erase(3);
    RankedSet<int, Numbers, 4> other(std::move(set));
    CHECK(other.size() == 19);
    CHECK(*other.at(3) == 4);
    CHECK(set.empty());
    CHECK(set.insert(1));
    CHECK(*set.at(0) == 1);
    set = std::move(other);
    CHECK(set.size() == 19);
}

TEST_CASE("a ranked set finds ranks among 300000 elements") {
    RankedSet<int, Numbers> set;
    constexpr int count = 300'000;
    for (int i = 0; i < count; ++i) set.insert(i);
    CHECK(*set.at(123'456) == 123'456);
    for (int i = 0; i < count; i += 3) set.erase(i);
    // Two of every three numbers are left: those not divisible by 3.
    CHECK(set.size() == 200'000);
    CHECK(*set.at(0) == 1);
    CHECK(*set.at(100'001) == 150'002);
    CHECK(set.rank(set.lower_bound(150'000)) == 100'000);
}
