#include <bit>
#include <limits>

#include "contract/populated_store.hpp"
#include "support/populated.hpp"

namespace roomstore::contract {

namespace {

Observation make_observation(std::string id, Timestamp created_at = at(0)) {
    return {.id = std::move(id),
            .room_id = "room",
            .channel_id = "channel",
            .content = "sounds upset",
            .created_at = created_at};
}

}  // namespace

TEST_CASE("add_observation stores the observation and returns the stored row", "[observations]") {
    const auto store = store_with_room();
    CHECK(run(store->add_observation(full_observation())) == full_observation());
    CHECK(run(store->list_observations("room")) == std::vector{full_observation()});
}

TEST_CASE("add_observation of an existing id is already_exists, to an unknown room not_found",
          "[observations]") {
    const auto store = populated_store();
    const auto before = dump(*store);
    CHECK_FAILS(store->add_observation(full_observation()), errc::already_exists);
    CHECK_FAILS(store->add_observation(make_observation("observation")), errc::already_exists);
    auto nowhere = make_observation("new");
    nowhere.room_id = "unknown";
    CHECK_FAILS(store->add_observation(nowhere), errc::not_found);
    CHECK(dump(*store) == before);
}

TEST_CASE("observation ids are scoped to their room", "[observations]") {
    const auto store = populated_store();
    auto other = make_observation("observation");
    other.room_id = "other room";
    run(store->add_observation(other));
    CHECK(run(store->list_observations("room")) == std::vector{full_observation()});
    CHECK(run(store->list_observations("other room")) == std::vector{other});
}

TEST_CASE("observations are ordered by created_at, then by the bytes of the id", "[observations]") {
    const auto store = store_with_room();
    CHECK(run(store->list_observations("room")).empty());
    CHECK(run(store->list_observations("unknown")).empty());
    for (const auto* id : {"b", "a", "\xC3\xA4", "B", "a-b", "ab"}) {
        run(store->add_observation(make_observation(id, at(2))));
    }
    run(store->add_observation(make_observation("z", at(1))));
    CHECK(ids_of(run(store->list_observations("room"))) ==
          Ids{"z", "B", "a", "a-b", "ab", "b", "\xC3\xA4"});
}

TEST_CASE("confidence is returned bit for bit", "[observations]") {
    const auto store = store_with_room();
    std::vector<double> values{0.0,
                               -0.0,
                               1.0,
                               0.1,
                               1.0 / 3,
                               std::nextafter(1.0, 0.0),
                               std::numeric_limits<double>::min(),
                               std::numeric_limits<double>::denorm_min(),
                               0.1 + 0.2,
                               2.2250738585072011e-308};
    for (std::size_t i = 0; i < values.size(); ++i) {
        auto observation = make_observation("observation " + std::to_string(i));
        observation.created_at = at(static_cast<std::int64_t>(i));
        observation.confidence = values[i];
        const auto stored = run(store->add_observation(observation));
        CHECK(std::bit_cast<std::uint64_t>(stored.confidence) ==
              std::bit_cast<std::uint64_t>(values[i]));
    }
    const auto listed = run(store->list_observations("room"));
    REQUIRE(listed.size() == values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        CHECK(std::bit_cast<std::uint64_t>(listed[i].confidence) ==
              std::bit_cast<std::uint64_t>(values[i]));
    }
}

}  // namespace roomstore::contract
