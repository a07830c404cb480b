#include <bit>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "fuzz/expect.hpp"
#include "fuzz/naive.hpp"
#include "fuzz/target.hpp"
#include "roomstore/model/timestamp.hpp"

/// Reads the input as a time in text, and if it has eight bytes, also as a count of microseconds.
namespace roomstore::fuzz {

namespace {

std::int64_t count_of(Timestamp time) { return time.time_since_epoch().count(); }

/// Whether `text` has the form that `to_iso8601` uses for the years 0 to 9999.
bool is_canonical(std::string_view text) {
    return (text.size() == 20 || (text.size() == 27 && text.substr(20, 6) != "000000")) &&
           text[10] == 'T' && text.back() == 'Z';
}

void expect_written(Timestamp time) {
    const std::string text = to_iso8601(time);
    const auto again = parse_iso8601(text);
    if (text.front() != '+' && text.front() != '-') {
        expect(is_canonical(text), "a time is written in one form", text);
        expect(again == time, "a time is read as it was written", text);
        expect(naive::read_time(text) == count_of(time), "a time is written correctly", text);
        return;
    }
    expect(
        !again && !naive::is_storable(time), "no store accepts a time whose year has a sign", text);
    // A year at the same position in another 400-year cycle of the calendar can be read.
    constexpr std::int64_t cycle = 146'097LL * 24 * 60 * 60 * 1'000'000;
    const std::int64_t year = std::stoll(text.substr(0, 7));
    std::int64_t cycles = year / 400;
    if (year % 400 < 0) --cycles;
    std::string near = std::to_string(2000 + year - cycles * 400) + text.substr(7);
    const auto count = naive::read_time(near);
    // Unsigned, because the difference may overflow.
    const auto expected =
        static_cast<std::uint64_t>(count_of(time)) -
        static_cast<std::uint64_t>(cycles - 5) * static_cast<std::uint64_t>(cycle);
    expect(count && static_cast<std::uint64_t>(*count) == expected,
           "a time outside of these years is written correctly",
           text);
}

Verdict run(std::string_view input) {
    std::int64_t count = 0;
    if (input.size() == sizeof(count)) {
        std::memcpy(&count, input.data(), sizeof(count));
        expect_written(Timestamp(std::chrono::microseconds(count)));
    }
    const auto time = parse_iso8601(input);
    const auto expected = naive::read_time(input);
    expect(time.has_value() == expected.has_value(),
           time ? "read, but not a valid time" : "a valid time, but not read",
           input);
    if (!time) return input.size() == sizeof(count) ? Verdict::accepted : Verdict::refused;
    expect(count_of(*time) == *expected, "read as another time", input);
    expect_written(*time);
    if (is_canonical(input)) {
        expect(to_iso8601(*time) == input, "the canonical form is a fixed point", input);
    }
    return Verdict::accepted;
}

std::vector<std::string> seeds() {
    std::vector<std::string> inputs{"2026-01-02T03:04:05Z",
                                    "2026-01-02T03:04:05.678901Z",
                                    "2024-02-29t23:59:59.123456789z",
                                    "1999-12-31T23:59:59.5+23:59",
                                    "0001-01-01T00:00:00-00:01",
                                    "9999-12-31T23:59:59.999999-12:00",
                                    "1900-02-28T00:00:00Z",
                                    "2000-02-29T00:00:00Z"};
    for (const std::int64_t count : {std::int64_t{0},
                                     std::int64_t{-1},
                                     count_of(min_timestamp),
                                     count_of(max_timestamp),
                                     count_of(min_timestamp) - 1,
                                     count_of(max_timestamp) + 1,
                                     count_of(Timestamp::min()),
                                     count_of(Timestamp::max())}) {
        std::string bytes(sizeof(count), '\0');
        std::memcpy(bytes.data(), &count, sizeof(count));
        inputs.push_back(bytes);
    }
    return inputs;
}

}  // namespace

const Target timestamps_target{"timestamps", run, nullptr, seeds, true};

}  // namespace roomstore::fuzz
