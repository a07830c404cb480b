// The messages between processes: what is written is read, and nothing else is.

#include "live/hints.hpp"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "roomstore/error.hpp"

namespace roomstore::test {

namespace {

using postgres::most_hint_bytes;
using postgres::most_hint_messages;
using postgres::read_hints;
using postgres::write_any_hint;
using postgres::write_hints;

// 17 bytes a room, after a header of 18.
constexpr std::size_t rooms_per_message = (most_hint_bytes - 18) / 17;

std::vector<std::uint64_t> some_rooms(std::size_t count) {
    std::mt19937_64 random(count);
    std::vector<std::uint64_t> rooms(count);
    for (auto& room : rooms) room = random();
    return rooms;
}

/// The rooms of all messages, each of which must be from `sender`, name rooms, and fit.
std::vector<std::uint64_t> rooms_of(const std::vector<std::string>& messages,
                                    std::uint64_t sender) {
    std::vector<std::uint64_t> rooms;
    for (const auto& message : messages) {
        CHECK(message.size() <= most_hint_bytes);
        const auto hints = read_hints(message);
        REQUIRE(hints);
        CHECK(hints->sender == sender);
        CHECK_FALSE(hints->any);
        rooms.insert(rooms.end(), hints->rooms.begin(), hints->rooms.end());
    }
    return rooms;
}

}  // namespace

TEST_CASE("a hello names its sender only") {
    const auto hello = postgres::read_hints(postgres::write_hello(7));
    REQUIRE(hello);
    CHECK(hello->sender == 7);
    CHECK(hello->hello);
    CHECK_FALSE(hello->any);
    CHECK(hello->rooms.empty());
    CHECK_FALSE(hello->probe);
    CHECK_FALSE(postgres::read_hints(postgres::write_hello(7) + " "));
    CHECK_FALSE(postgres::read_hints(postgres::write_any_hint(7))->hello);
}

TEST_CASE("hints are read as they were written") {
    for (const std::uint64_t sender : {std::uint64_t{0}, std::uint64_t{0xfedc'ba98'7654'3210}}) {
        const std::vector<std::uint64_t> rooms{0, 1, ~std::uint64_t{0}, 0x0123'4567'89ab'cdef};
        const auto messages = write_hints(sender, rooms);
        CHECK(messages.size() == 1);
        CHECK(rooms_of(messages, sender) == rooms);
        const auto any = read_hints(write_any_hint(sender));
        REQUIRE(any);
        CHECK(any->any);
        CHECK(any->sender == sender);
        CHECK(any->rooms.empty());
    }
    CHECK(write_hints(7, {}).empty());
    for (const std::uint64_t number : {std::uint64_t{1}, ~std::uint64_t{0}}) {
        const auto probe = read_hints(postgres::write_probe(8, number));
        REQUIRE(probe);
        CHECK(probe->sender == 8);
        CHECK(probe->probe == number);
        CHECK_FALSE(probe->any);
        CHECK(probe->rooms.empty());
    }
}

TEST_CASE("hints are split into as few messages as the server takes") {
    CHECK(most_hint_bytes < 8000);
    for (const std::size_t messages : {std::size_t{1}, std::size_t{2}, most_hint_messages}) {
        CAPTURE(messages);
        const auto full = some_rooms(messages * rooms_per_message);
        const auto written = write_hints(9, full);
        CHECK(written.size() == messages);
        CHECK(rooms_of(written, 9) == full);
        if (messages == most_hint_messages) continue;
        const auto more = some_rooms(messages * rooms_per_message + 1);
        const auto split = write_hints(9, more);
        CHECK(split.size() == messages + 1);
        CHECK(rooms_of(split, 9) == more);
    }
}

TEST_CASE("too many hints become one that says any room") {
    const auto messages = write_hints(5, some_rooms(most_hint_messages * rooms_per_message + 1));
    CHECK(messages == std::vector{write_any_hint(5)});
}

TEST_CASE("what no process has written is not read as hints") {
    const std::string sender = "00000000000000ff";
    const std::string room = "0123456789abcdef";
    REQUIRE(read_hints("1 " + sender + " " + room));
    REQUIRE(read_hints("1 " + sender + " *"));
    std::vector<std::string> wrong{
        "",
        " ",
        "1",
        "1 ",
        "2 " + sender + " " + room,
        "1" + sender + " " + room,
        "1 " + sender,
        "1 " + sender + " ",
        "1 " + sender + "  " + room,
        "1 " + sender + " " + room + " ",
        "1 " + sender + " " + room + "0",
        "1 " + sender + " " + room.substr(1),
        "1 " + sender + " " + room + " *",
        "1 " + sender + " **",
        "1 " + sender + " ?",
        "1 " + sender + " ?" + room + "0",
        "1 " + sender + " ?" + room + " " + room,
        "1 " + sender + " " + room + " ?" + room,
        "1 " + sender + "?" + room,
        "1 " + sender + "*",
        "1 " + sender + " * ",
        "1 " + sender + ", " + room,
        "1 " + sender + " 0x23456789abcdef",
        "1 " + sender + " -123456789abcdef",
        "1 " + sender + " +123456789abcdef",
        "1 " + sender + " 0123456789abcdeg",
        "1 " + sender + " 0123456 89abcdef",
        "1 " + sender + "\n" + room,
        "1  " + sender + " " + room,
        "*",
        "1 *",
        "'; DROP TABLE rooms; --",
        std::string(7999, 'a'),
        std::string(7999, ' '),
        std::string("1 \0", 3) + sender,
        "1 " + sender + " \xc3\xa9" + room.substr(2),
    };
    for (const auto& text : wrong) {
        CAPTURE(text);
        CHECK_FALSE(read_hints(text));
    }
}

TEST_CASE("a hint of which one byte was changed is refused, or names other rooms") {
    const auto whole = write_hints(3, some_rooms(3)).front();
    const auto meant = read_hints(whole)->rooms;
    for (std::size_t at = 0; at < whole.size(); ++at) {
        for (int byte = 0; byte < 256; ++byte) {
            auto text = whole;
            text[at] = static_cast<char>(byte);
            if (text == whole) continue;
            const auto hints = read_hints(text);
            if (!hints) continue;
            CHECK(hints->rooms.size() == meant.size());
        }
        const auto cut = read_hints(whole.substr(0, at));
        CHECK_FALSE((cut && cut->rooms == meant));
    }
}

TEST_CASE("rooms are named by a hash that depends on the key of the schema") {
    const auto one = postgres::hint_key("00112233-4455-6677-8899-aabbccddeeff");
    const auto other = postgres::hint_key("00112233-4455-6677-8899-aabbccddeefe");
    CHECK(postgres::hint_of(one, "room") == postgres::hint_of(one, "room"));
    CHECK(postgres::hint_of(one, "room") != postgres::hint_of(one, "rooM"));
    CHECK(postgres::hint_of(one, "room") != postgres::hint_of(other, "room"));
    for (const auto& key : {one, other}) {
        const auto channel = postgres::hint_channel(key);
        CHECK(channel.size() <= 63);
        CHECK(channel.starts_with("roomstore_"));
        CHECK(std::ranges::all_of(channel, [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
        }));
    }
    CHECK(postgres::hint_channel(one) != postgres::hint_channel(other));
}

TEST_CASE("a key that is not a UUID is corrupt") {
    for (const char* const text : {"",
                                   "00112233",
                                   "00112233-4455-6677-8899-aabbccddeef",
                                   "00112233-4455-6677-8899-aabbccddeeff0",
                                   "00112233-4455-6677-8899-aabbccddeefg"}) {
        CAPTURE(text);
        try {
            static_cast<void>(postgres::hint_key(text));
            FAIL_CHECK("was taken for a key");
        } catch (const Error& error) {
            CHECK(error.code() == errc::corrupt_data);
        }
    }
}

}  // namespace roomstore::test
