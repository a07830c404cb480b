#include "roomstore/format.hpp"

#include <string>

#include <catch2/catch_test_macros.hpp>

using namespace roomstore;

TEST_CASE("enumerations are formatted as their names, with string format specifications") {
    CHECK(fmt::format("{}", RoomStatus::paused) == "paused");
    CHECK(fmt::format("[{:>8}]", RoomStatus::paused) == "[  paused]");
    CHECK(fmt::format("{}", EventType("irc.topic")) == "irc.topic");
    CHECK(fmt::format("{:*<6}", ChannelType("sms")) == "sms***");
    CHECK(fmt::format("{:>4}", ChannelType::sms) == " sms");
    CHECK(fmt::format("{}", errc::not_found) == "not found");
}

TEST_CASE("models are formatted as JSON on one line") {
    CHECK(fmt::format("{}", RateLimit{.max_per_second = 2.5}) ==
          R"({"max_per_hour":null,"max_per_minute":null,"max_per_second":2.5})");
    const EventContent content = TextContent{.body = "a\nb"};
    CHECK(fmt::format("{}", content) == R"({"body":"a\nb","language":null,"type":"text"})");
    const Room room{.id = "r"};
    CHECK(fmt::format("{}", room) == Json(room).dump());
}

TEST_CASE("values that a store would refuse can be formatted") {
    const EventContent content = TextContent{.body = "a\xFF"};
    CHECK(fmt::format("{}", content) ==
          "{\"body\":\"a\xEF\xBF\xBD\",\"language\":null,\"type\":\"text\"}");
}
