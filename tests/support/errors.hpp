#pragma once

#include <string>
#include <utility>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>

#include "roomstore/error.hpp"
#include "support/run.hpp"

namespace roomstore::test {

/// Matches an `Error` with this code, a nonempty text that contains `part`, and `Applied::no`.
class FailsWith final : public Catch::Matchers::MatcherBase<Error> {
public:
    FailsWith(errc code, std::string part) : code_(code), part_(std::move(part)) {}

    bool match(const Error& error) const override {
        return error.code() == code_ && !error.detail().empty() &&
               error.detail().find(part_) != std::string::npos && error.applied() == Applied::no;
    }

    std::string describe() const override {
        return "is '" + make_error_code(code_).message() + "' with a text that has '" + part_ + "'";
    }

private:
    errc code_;
    std::string part_;
};

inline FailsWith fails_with(errc code, std::string part = {}) { return {code, std::move(part)}; }

}  // namespace roomstore::test

/// Checks that the call fails: CHECK_FAILS(store->get_room(""), errc::invalid_argument, "room_id")
#define CHECK_FAILS(call, ...)                                          \
    CHECK_THROWS_MATCHES(static_cast<void>(roomstore::test::run(call)), \
                         roomstore::Error,                              \
                         roomstore::test::fails_with(__VA_ARGS__))
