#include "roomstore/detail/contains.hpp"

#include <algorithm>
#include <string>

#include <catch2/catch_test_macros.hpp>

using roomstore::Json;

namespace {

/// `value @> part`, in PostgreSQL's notation.
bool contains(const std::string& value, const std::string& part) {
    return roomstore::detail::json_contains(Json::parse(value), Json::parse(part));
}

}  // namespace

TEST_CASE("an object contains its subsets at every level") {
    CHECK(contains(R"({"a":1,"b":2})", R"({"a":1})"));
    CHECK(contains(R"({"a":1})", "{}"));
    CHECK(contains("{}", "{}"));
    CHECK(contains(R"({"foo":{"bar":"baz"}})", R"({"foo":{}})"));
    CHECK(contains(R"({"a":{"b":{"c":1,"d":2},"e":3}})", R"({"a":{"b":{"d":2}}})"));
    CHECK_FALSE(contains(R"({"a":1})", R"({"a":1,"b":2})"));
    CHECK_FALSE(contains(R"({"a":1})", R"({"a":2})"));
    CHECK_FALSE(contains(R"({"foo":{"bar":"baz"}})", R"({"bar":"baz"})"));
    CHECK_FALSE(contains(R"({"a":1})", "[]"));
    CHECK_FALSE(contains("[]", "{}"));
    CHECK_FALSE(contains(R"({"a":[]})", R"({"a":{}})"));
    CHECK_FALSE(contains(R"({"a":1})", "1"));
}

TEST_CASE("an absent member never matches null") {
    CHECK(contains(R"({"a":null})", R"({"a":null})"));
    CHECK_FALSE(contains("{}", R"({"a":null})"));
    CHECK_FALSE(contains(R"({"a":0})", R"({"a":null})"));
    CHECK_FALSE(contains(R"({"a":{}})", R"({"a":null})"));
}

TEST_CASE("an array contains its elements in any order, repeated or not") {
    CHECK(contains("[1,2,3]", "[3,1]"));
    CHECK(contains("[1,2,3]", "[1,2,2]"));
    CHECK(contains("[1,2,3]", "[]"));
    CHECK(contains("[1,[3,4]]", "[[3]]"));
    CHECK(contains(R"([{"a":1,"b":2},{"c":3}])", R"([{"c":3},{"b":2}])"));
    CHECK(contains("[[1],[2]]", "[[],[2],[1]]"));
    CHECK_FALSE(contains("[1,2,[1,3]]", "[1,3]"));
    CHECK_FALSE(contains("[[1],[2]]", "[[1,2]]"));
    CHECK_FALSE(contains(R"([{"a":1},{"b":2}])", R"([{"a":1,"b":2}])"));
    CHECK_FALSE(contains(R"([1,{"a":2}])", R"({"a":2})"));
    CHECK_FALSE(contains("[]", "[[]]"));
}

TEST_CASE("an array contains a bare scalar only at the top level") {
    CHECK(contains(R"(["foo","bar"])", R"("bar")"));
    CHECK(contains("[null]", "null"));
    CHECK_FALSE(contains(R"("bar")", R"(["bar"])"));
    CHECK_FALSE(contains("[[1]]", "1"));
    CHECK_FALSE(contains(R"({"a":[3,4]})", R"({"a":3})"));
    CHECK_FALSE(contains("[[1]]", "[1]"));
}

TEST_CASE("scalars contain only an equal scalar of the same type") {
    CHECK(contains(R"("foo")", R"("foo")"));
    CHECK(contains("null", "null"));
    CHECK(contains("true", "true"));
    CHECK_FALSE(contains("true", "false"));
    CHECK_FALSE(contains("true", "1"));
    CHECK_FALSE(contains("false", "0"));
    CHECK_FALSE(contains(R"("1")", "1"));
    CHECK_FALSE(contains("null", "0"));
    CHECK_FALSE(contains(R"("a")", R"("A")"));
}

TEST_CASE("numbers are compared as decimals") {
    CHECK(contains("1", "1.0"));
    CHECK(contains("1.0", "1"));
    CHECK(contains("100", "1e2"));
    CHECK(contains("0", "-0.0"));
    CHECK(contains("-5", "-5.0"));
    CHECK_FALSE(contains("1", "1.5"));
    CHECK_FALSE(contains("1", "-1.0"));
    // Integers that conversion to double, or between signed and unsigned, would make equal.
    CHECK_FALSE(contains("9007199254740993", "9007199254740992"));
    CHECK_FALSE(contains("9007199254740993", "9007199254740992.0"));
    CHECK(contains("9007199254740992", "9007199254740992.0"));
    CHECK(contains("-9007199254740992", "-9007199254740992.0"));
    CHECK_FALSE(contains("18446744073709551615", "-1"));
    CHECK_FALSE(contains("-1", "18446744073709551615"));
    CHECK(contains("18446744073709551615", "18446744073709551615"));
    // A double is stored as its shortest decimal: 2 to the power of 63 becomes ...6000.
    CHECK(contains("9223372036854776000", "9223372036854775808.0"));
    CHECK_FALSE(contains("9223372036854775808", "9223372036854775808.0"));
    CHECK(contains("9223372036854775808", "9223372036854775808"));
    CHECK(contains("1e300", "1e300"));
    CHECK_FALSE(contains("1", "1e300"));
}

TEST_CASE("long arrays follow the same rules as short ones") {
    const auto list = [](const std::string& more) {
        std::string text = "[";
        for (int i = 0; i < 20; ++i) text += std::to_string(i * 7 % 20) + ',';
        return text + more + ']';
    };
    const auto value = list(R"("a", "b", null, true, 0.5, {"k": [1, 2]}, [3], 9007199254740993)");
    CHECK(contains(value, value));
    CHECK(contains(value, list(R"("b", 0.5, true, {"k": [2]}, [3])")));
    CHECK(contains(value, list("19.0, -0.0, 9007199254740993")));
    for (const char* missing : {"20",
                                "-1",
                                "false",
                                R"("")",
                                R"("c")",
                                "0.25",
                                "[4]",
                                "[1]",
                                R"({"k": [3]})",
                                "9007199254740992",
                                "9007199254740992.0"}) {
        CAPTURE(missing);
        CHECK_FALSE(contains(value, list(missing)));
    }
    // Comparing every pair would take minutes.
    Json many = Json::array();
    for (int i = 0; i < 200'000; ++i) many.push_back(i * 3LL);
    Json reversed = many;
    std::ranges::reverse(reversed);
    CHECK(roomstore::detail::json_contains(many, reversed));
    reversed.push_back("none of them");
    CHECK_FALSE(roomstore::detail::json_contains(many, reversed));
    const Json same(200'000, Json(1LL << 60));
    Json next(200'000, Json(1LL << 60));
    CHECK(roomstore::detail::json_contains(same, next));
    next.push_back((1LL << 60) + 1);
    CHECK_FALSE(roomstore::detail::json_contains(same, next));
}
