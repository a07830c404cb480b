#include "sql/events/content_text.hpp"

#include <catch2/catch_test_macros.hpp>

#include "roomstore/model/json.hpp"
#include "support/hostile_text.hpp"
#include "support/populated.hpp"

namespace roomstore::test {

using postgres::sql::content_text;
using postgres::sql::read_content;

namespace {

// Compared as text, because the JSON values 1 and 1.0 compare equal.
void check_round_trip(const EventContent& content) {
    const auto text = content_text(content);
    CHECK(text == Json(content).dump());
    CHECK(read_content(text) == content);
    CHECK(Json(read_content(text)).dump() == text);
}

}  // namespace

TEST_CASE("content_text equals the JSON library's output and survives a round trip") {
    for (const auto& content : full_contents()) check_round_trip(content);
    for (const auto& content : minimal_contents()) check_round_trip(content);
    HostileText hostile(1);
    for (int i = 0; i < 2'000; ++i) {
        check_round_trip(TextContent{.body = hostile.next(60)});
        check_round_trip(TextContent{.body = hostile.next(20), .language = hostile.next(10)});
    }
    std::string every_byte_of_ascii;
    for (char c = 1; c != 127; ++c) every_byte_of_ascii += c;
    check_round_trip(TextContent{.body = every_byte_of_ascii});
}

TEST_CASE("JSON that only resembles the fast path of a text content is parsed correctly") {
    const auto body = [](std::string_view text) {
        return read_content(text).get_if<TextContent>()->body;
    };
    CHECK(body(R"({"body":"","language":null,"type":"text"})").empty());
    CHECK(body(R"({"body":"\u0041","language":null,"type":"text"})") == "A");
    CHECK(body(R"({"body":"a","body":"b","language":null,"type":"text"})") == "b");
    CHECK(body(R"({"body":"a","x":"","language":null,"type":"text"})") == "a");
    CHECK(body(R"( {"type": "text", "body": "a"} )") == "a");
    const std::string short_one = R"({"body":","language":null,"type":"text"})";
    CHECK_THROWS(read_content(short_one));
    CHECK_THROWS(read_content(""));
}

}  // namespace roomstore::test
