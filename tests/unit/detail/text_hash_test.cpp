#include "roomstore/detail/text_hash.hpp"

#include <cstddef>
#include <functional>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include <catch2/catch_test_macros.hpp>

using roomstore::detail::draw_hash_key;
using roomstore::detail::TextHash;
using roomstore::detail::TextMap;
using roomstore::detail::TextSet;
using roomstore::detail::TextViewSet;

namespace {

constexpr std::size_t slots = 1024;
constexpr std::size_t shards = 128;

std::size_t slot_of(std::size_t hash) { return hash % slots; }
std::size_t shard_of(std::size_t hash) {
    return hash / ((std::numeric_limits<std::size_t>::max)() / shards + 1);
}

/// Keys that `std::hash` maps to one place (slot or shard). An attacker can find them by trial,
/// because `std::hash` has no secret.
template <typename Place>
std::vector<std::string> crafted(std::size_t count, Place place) {
    std::vector<std::string> keys;
    for (std::size_t i = 0; keys.size() < count; ++i) {
        auto key = "key-" + std::to_string(i);
        if (place(std::hash<std::string_view>{}(key)) == 0) keys.push_back(std::move(key));
    }
    return keys;
}

template <typename Hash, typename Place>
std::size_t places(const std::vector<std::string>& keys, Hash hash, Place place) {
    std::set<std::size_t> used;
    for (const auto& key : keys) used.insert(place(hash(key)));
    return used.size();
}

/// Number of key comparisons for looking up each key of the table: the sum of the squared bucket
/// sizes.
template <typename Table>
std::size_t comparisons(const Table& table) {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < table.bucket_count(); ++i) {
        sum += table.bucket_size(i) * table.bucket_size(i);
    }
    return sum;
}

}  // namespace

TEST_CASE("keys crafted to collide in one slot of a table are spread like random keys") {
    const auto keys = crafted(slots, slot_of);
    REQUIRE(places(keys, std::hash<std::string_view>{}, slot_of) == 1);
    // Random keys leave a fraction 1/e of the slots free: about 647 are used, plus or minus 10.
    CHECK(places(keys, TextHash{}, slot_of) > 550);
}

TEST_CASE("keys crafted to collide in one shard are spread like random keys") {
    const auto keys = crafted(slots, shard_of);
    REQUIRE(places(keys, std::hash<std::string_view>{}, shard_of) == 1);
    CHECK(places(keys, TextHash{}, shard_of) > shards / 2);
}

TEST_CASE("tables with TextHash have no overfull bucket for keys crafted against std::hash") {
    constexpr std::size_t count = 2000;
    // An attacker knows the number of buckets of a table of this size.
    std::unordered_set<std::string> known;
    known.reserve(count);
    const auto buckets = known.bucket_count();
    const auto keys = crafted(count, [&](std::size_t hash) { return hash % buckets; });
    known.insert(keys.begin(), keys.end());
    REQUIRE(known.bucket_count() == buckets);
    REQUIRE(comparisons(known) == count * count);

    TextSet set;
    TextViewSet views;
    TextMap<int> map;
    set.reserve(count);
    views.reserve(count);
    map.reserve(count);
    for (const auto& key : keys) {
        set.insert(key);
        views.insert(key);
        map.emplace(key, 1);
    }
    CHECK(comparisons(set) < 3 * count);
    CHECK(comparisons(views) < 3 * count);
    CHECK(comparisons(map) < 3 * count);
}

TEST_CASE("the hash of a text is the same within a process, for all string types") {
    const std::string text = "lobby";
    CHECK(TextHash{}(text) == TextHash{}("lobby"));
    CHECK(TextHash{}(text) == TextHash{}(std::string_view(text)));
    TextMap<int> map{{"lobby", 1}};
    CHECK(map.find(std::string_view("lobby")) != map.end());
}

TEST_CASE("every generated hash key is different") {
    const auto first = draw_hash_key();
    const auto second = draw_hash_key();
    CHECK(first.low != second.low);
    CHECK(first.high != second.high);
}
