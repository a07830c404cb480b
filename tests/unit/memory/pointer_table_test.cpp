#include "roomstore/memory/detail/pointer_table.hpp"

#include <algorithm>
#include <cstddef>
#include <random>
#include <vector>

#include <catch2/catch_test_macros.hpp>

using roomstore::detail::memory::PointerTable;

namespace {

const auto same_as = [](const int* wanted) {
    return [wanted](const int& candidate) { return &candidate == wanted; };
};

}  // namespace

TEST_CASE("a pointer table finds exactly its entries, even with many hash collisions") {
    for (const std::size_t hashes : {1U, 3U, 17U, 100'000U}) {
        INFO("different hashes: " << hashes);
        std::mt19937 random(static_cast<unsigned>(hashes));
        std::vector<int> values(200);
        std::vector<bool> present(values.size());
        std::vector<std::size_t> hash_of(values.size());
        // Also high bits, so that probe sequences wrap around the end of the table.
        for (auto& hash : hash_of) hash = (random() % hashes) * 0x9E3779B97F4A7C15U;
        PointerTable<int> table;
        std::size_t count = 0;
        for (int step = 0; step < 4000; ++step) {
            const std::size_t i = random() % values.size();
            if (!present[i] && random() % 3 != 0) {
                table.insert(hash_of[i], &values[i]);
                present[i] = true;
                ++count;
            } else {
                REQUIRE(table.erase(hash_of[i], &values[i]) == present[i]);
                count -= present[i] ? 1 : 0;
                present[i] = false;
            }
            REQUIRE(table.size() == count);
            if (step % 50 != 0) continue;
            for (std::size_t j = 0; j < values.size(); ++j) {
                REQUIRE((table.find(hash_of[j], same_as(&values[j])) != nullptr) == present[j]);
            }
        }
    }
}

TEST_CASE("a pointer table shrinks as entries are erased, and keeps the others") {
    std::vector<int> values(10'000);
    std::mt19937 random(1);
    std::vector<std::size_t> hash_of(values.size());
    for (auto& hash : hash_of) hash = random();
    PointerTable<int> table;
    for (std::size_t i = 0; i < values.size(); ++i) table.insert(hash_of[i], &values[i]);
    for (std::size_t i = 0; i + 10 < values.size(); ++i) {
        REQUIRE(table.erase(hash_of[i], &values[i]));
        REQUIRE(table.slots() <= std::max<std::size_t>(8, 8 * table.size()));
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
        const bool is_left = i + 10 >= values.size();
        REQUIRE((table.find(hash_of[i], same_as(&values[i])) != nullptr) == is_left);
    }
}

TEST_CASE("a pointer table replaces an entry in place") {
    std::vector<int> values(3);
    PointerTable<int> table;
    CHECK_FALSE(table.replace(7, &values[0], &values[1]));
    table.insert(7, &values[0]);
    table.insert(7, &values[2]);
    CHECK(table.replace(7, &values[0], &values[1]));
    CHECK(table.find(7, same_as(&values[0])) == nullptr);
    CHECK(table.find(7, same_as(&values[1])) == &values[1]);
    CHECK(table.find(7, same_as(&values[2])) == &values[2]);
    CHECK(table.find(8, same_as(&values[1])) == nullptr);
    CHECK(table.size() == 2);
}
