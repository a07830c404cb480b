#include "roomstore/model/timestamp.hpp"

#include <chrono>
#include <optional>
#include <string>

#include <catch2/catch_test_macros.hpp>

using roomstore::max_timestamp;
using roomstore::min_timestamp;
using roomstore::parse_iso8601;
using roomstore::Timestamp;
using roomstore::to_iso8601;
using std::chrono::microseconds;

namespace {

/// `text` parsed and written again; "-" if it cannot be parsed.
std::string reread(const std::string& text) {
    const auto time = parse_iso8601(text);
    return time ? to_iso8601(*time) : "-";
}

}  // namespace

TEST_CASE("a time is written in UTC, with a fraction if it is not zero") {
    const Timestamp time{std::chrono::seconds(1'767'323'045)};
    CHECK(to_iso8601(time) == "2026-01-02T03:04:05Z");
    CHECK(to_iso8601(time + microseconds(1)) == "2026-01-02T03:04:05.000001Z");
    CHECK(to_iso8601(time + microseconds(120'000)) == "2026-01-02T03:04:05.120000Z");
    CHECK(to_iso8601(Timestamp{}) == "1970-01-01T00:00:00Z");
    CHECK(to_iso8601(Timestamp{microseconds(-1)}) == "1969-12-31T23:59:59.999999Z");
}

TEST_CASE("the earliest and the latest time survive a round trip") {
    CHECK(to_iso8601(min_timestamp) == "0001-01-01T00:00:00Z");
    CHECK(to_iso8601(max_timestamp) == "9999-12-31T23:59:59.999999Z");
    CHECK(parse_iso8601(to_iso8601(min_timestamp)) == min_timestamp);
    CHECK(parse_iso8601(to_iso8601(max_timestamp)) == max_timestamp);
}

TEST_CASE("a time out of range can be written but not parsed") {
    CHECK(to_iso8601(min_timestamp - microseconds(1)) == "0000-12-31T23:59:59.999999Z");
    CHECK(to_iso8601(max_timestamp + microseconds(1)) == "+010000-01-01T00:00:00Z");
    CHECK(to_iso8601(Timestamp::max()) == "+294247-01-10T04:00:54.775807Z");
    CHECK(to_iso8601(Timestamp::min()) == "-290308-12-21T19:59:05.224192Z");
    CHECK_FALSE(parse_iso8601("+010000-01-01T00:00:00Z"));
}

TEST_CASE("every day of four centuries survives a round trip") {
    using namespace std::chrono;
    std::size_t wrong = 0;
    for (sys_days day = year{1899} / 12 / 31; day < sys_days{year{2301} / 1 / 2}; day += days{1}) {
        const Timestamp time = day + hours{23} + microseconds{7};
        wrong += parse_iso8601(to_iso8601(time)) == time ? 0 : 1;
    }
    CHECK(wrong == 0);
}

TEST_CASE("times with an offset are converted to UTC") {
    CHECK(reread("2026-01-02T03:04:05+00:00") == "2026-01-02T03:04:05Z");
    CHECK(reread("2026-01-02T03:04:05+02:30") == "2026-01-02T00:34:05Z");
    CHECK(reread("2026-01-02T03:04:05-05:00") == "2026-01-02T08:04:05Z");
    CHECK(reread("2026-12-31T23:59:59-00:01") == "2027-01-01T00:00:59Z");
    CHECK(reread("2026-01-02t03:04:05z") == "2026-01-02T03:04:05Z");
}

TEST_CASE("fractions are truncated to microseconds") {
    CHECK(reread("2026-01-02T03:04:05.5Z") == "2026-01-02T03:04:05.500000Z");
    CHECK(reread("2026-01-02T03:04:05.123456789Z") == "2026-01-02T03:04:05.123456Z");
    CHECK(reread("2026-01-02T03:04:05.0000009Z") == "2026-01-02T03:04:05Z");
    CHECK(reread("1969-12-31T23:59:59.999999999Z") == "1969-12-31T23:59:59.999999Z");
}

TEST_CASE("leap years follow the Gregorian calendar") {
    CHECK(reread("2024-02-29T00:00:00Z") == "2024-02-29T00:00:00Z");
    CHECK(reread("2000-02-29T00:00:00Z") == "2000-02-29T00:00:00Z");
    CHECK(reread("2023-02-29T00:00:00Z") == "-");
    CHECK(reread("1900-02-29T00:00:00Z") == "-");
}

TEST_CASE("other texts are not parsed as a time") {
    for (const char* text : {"",
                             "now",
                             "2026-01-02",
                             "2026-01-02T03:04:05",
                             "2026-01-02 03:04:05Z",
                             "2026-1-2T03:04:05Z",
                             "2026-13-02T03:04:05Z",
                             "2026-00-02T03:04:05Z",
                             "2026-04-31T03:04:05Z",
                             "2026-01-02T24:00:00Z",
                             "2026-01-02T03:60:05Z",
                             "2026-01-02T03:04:60Z",
                             "2026-01-02T03:04:05.Z",
                             "2026-01-02T03:04:05.1234567890Z",
                             "2026-01-02T03:04:05+2:00",
                             "2026-01-02T03:04:05+24:00",
                             "2026-01-02T03:04:05+02:60",
                             "2026-01-02T03:04:05+0200",
                             "2026-01-02T03:04:05Zx",
                             " 2026-01-02T03:04:05Z",
                             "-026-01-02T03:04:05Z",
                             "2026-01-02T-3:04:05Z"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_iso8601(text));
    }
}

TEST_CASE("now has microsecond precision and is within the accepted range") {
    const Timestamp before{std::chrono::floor<microseconds>(std::chrono::system_clock::now())};
    const Timestamp time = roomstore::now();
    CHECK(time >= before);
    CHECK(time < max_timestamp);
}
