#include "roomstore/detail/normalize.hpp"

#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "roomstore/detail/same_event.hpp"

using roomstore::Json;
using roomstore::Participant;
using roomstore::RoomEvent;
using Channels = std::vector<std::string>;

namespace {

Channels connected_via(Channels given) {
    Participant participant{.channel_id = "main", .connected_via = std::move(given)};
    roomstore::detail::normalize_connected_via(participant);
    return participant.connected_via;
}

}  // namespace

TEST_CASE("connected_via starts with the primary channel and has no duplicates") {
    CHECK(connected_via({}) == Channels{"main"});
    CHECK(connected_via({"main"}) == Channels{"main"});
    CHECK(connected_via({"z", "a"}) == Channels{"main", "z", "a"});
    CHECK(connected_via({"z", "main", "a", "z", "main"}) == Channels{"main", "z", "a"});
}

TEST_CASE("numbers in metadata are normalized at any depth, and nothing else is changed") {
    auto value = Json::parse(R"({"a": [1e17, -0.0, {"b": -1.5e16}], "c": 1.0, "d": 1e17})");
    value["e"] = "1e17";
    roomstore::detail::normalize_numbers(value);
    CHECK(value.dump() == R"({"a":[100000000000000000,0.0,{"b":-15000000000000000}],"c":1.0,)"
                          R"("d":100000000000000000,"e":"1e17"})");
}

TEST_CASE("an empty idempotency key is removed") {
    RoomEvent event{.idempotency_key = ""};
    roomstore::detail::normalize_idempotency_key(event);
    CHECK_FALSE(event.idempotency_key);
    event.idempotency_key = "k";
    roomstore::detail::normalize_idempotency_key(event);
    CHECK(event.idempotency_key == "k");
}

TEST_CASE("an append is repeated if all is equal but the index, or what no update changes") {
    const RoomEvent stored{.id = "e",
                           .room_id = "r",
                           .source = {.channel_id = "c", .channel_type = "sms"},
                           .index = 7,
                           .idempotency_key = "k"};
    RoomEvent again = stored;
    again.index = 0;
    CHECK(roomstore::detail::repeats_append(stored, again, false));
    CHECK(roomstore::detail::repeats_append(stored, again, true));
    again.content = roomstore::TextContent{.body = "another text"};
    CHECK_FALSE(roomstore::detail::repeats_append(stored, again, false));
    CHECK(roomstore::detail::repeats_append(stored, again, true));
    again = stored;
    again.type = "system";
    CHECK_FALSE(roomstore::detail::repeats_append(stored, again, true));
    again = stored;
    again.source.provider = "p";
    CHECK_FALSE(roomstore::detail::repeats_append(stored, again, true));
    again = stored;
    again.created_at += std::chrono::microseconds(1);
    CHECK_FALSE(roomstore::detail::repeats_append(stored, again, true));
    again = stored;
    again.idempotency_key.reset();
    CHECK_FALSE(roomstore::detail::repeats_append(stored, again, true));
}
