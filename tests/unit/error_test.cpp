#include "roomstore/error.hpp"

#include <set>
#include <string>
#include <system_error>

#include <catch2/catch_test_macros.hpp>

using roomstore::Applied;
using roomstore::errc;
using roomstore::Error;

namespace {

constexpr errc all_codes[] = {errc::invalid_argument,
                              errc::not_found,
                              errc::already_exists,
                              errc::conflict,
                              errc::busy,
                              errc::timeout,
                              errc::unavailable,
                              errc::access_denied,
                              errc::read_only,
                              errc::storage_full,
                              errc::commit_unknown,
                              errc::schema_mismatch,
                              errc::corrupt_data,
                              errc::closed,
                              errc::internal};

}  // namespace

TEST_CASE("an error tells its code as a value of errc, for a switch") {
    for (const auto& each : roomstore::detail::error_codes) {
        const Error error(each.code, "text");
        CHECK(error.errc() == each.code);
        CHECK(error.code() == error.errc());
    }
}

TEST_CASE("an error has a code, a text and an SQLSTATE") {
    const Error error(errc::conflict, "index 3 is taken", "23505");
    CHECK(error.code() == errc::conflict);
    CHECK(error.detail() == "index 3 is taken");
    CHECK(error.sqlstate() == "23505");
    CHECK(std::string(error.what()) == "index 3 is taken: conflict");
    CHECK(Error(errc::closed, "closed").sqlstate().empty());
}

TEST_CASE("an error is a std::system_error with the category roomstore") {
    try {
        throw Error(errc::not_found, "no room");
    } catch (const std::system_error& error) {
        CHECK(error.code().category() == roomstore::error_category());
        CHECK(std::string(error.code().category().name()) == "roomstore");
        CHECK(error.code() == errc::not_found);
        CHECK(error.code() != errc::conflict);
    }
}

TEST_CASE("every code is an error and has a distinct message") {
    std::set<std::string> messages;
    for (const errc code : all_codes) {
        const std::error_code as_code = code;
        CHECK(as_code);
        CHECK(messages.insert(as_code.message()).second);
    }
    CHECK(std::error_code(999, roomstore::error_category()).message() ==
          "unknown roomstore error 999");
}

TEST_CASE("to_string of a code returns the name of its enumerator") {
    static_assert(to_string(errc::storage_full) == "storage_full");
    std::string names;
    for (const errc code : all_codes) names += std::string(to_string(code)) + ' ';
    CHECK(names ==
          "invalid_argument not_found already_exists conflict busy timeout unavailable "
          "access_denied read_only storage_full commit_unknown schema_mismatch corrupt_data closed "
          "internal ");
    CHECK(to_string(static_cast<errc>(0)).empty());
    CHECK(to_string(static_cast<errc>(99)).empty());
}

TEST_CASE("codes compare equal to the corresponding std::errc conditions") {
    CHECK(make_error_code(errc::invalid_argument) == std::errc::invalid_argument);
    CHECK(make_error_code(errc::busy) == std::errc::resource_unavailable_try_again);
    CHECK(make_error_code(errc::timeout) == std::errc::timed_out);
    CHECK(make_error_code(errc::access_denied) == std::errc::permission_denied);
    CHECK(make_error_code(errc::storage_full) == std::errc::no_space_on_device);
    CHECK(make_error_code(errc::not_found) != std::errc::no_such_file_or_directory);
}

TEST_CASE("only commit_unknown may have been applied") {
    for (const errc code : all_codes) {
        const Applied expected = code == errc::commit_unknown ? Applied::unknown : Applied::no;
        CHECK(Error(code, "x").applied() == expected);
    }
}

TEST_CASE("exactly the errors that may be transient are retryable") {
    const std::set<errc> retryable{
        errc::busy, errc::timeout, errc::unavailable, errc::read_only, errc::commit_unknown};
    for (const errc code : all_codes) {
        CHECK(roomstore::is_retryable(make_error_code(code)) == retryable.contains(code));
    }
    CHECK_FALSE(roomstore::is_retryable({}));
    // The same value in another category.
    CHECK_FALSE(
        roomstore::is_retryable({static_cast<int>(errc::timeout), std::generic_category()}));
}

TEST_CASE("commit_unknown is retryable if a second run of the call settles it") {
    using roomstore::SecondRun;
    for (const errc code : all_codes) {
        const bool passes = roomstore::is_retryable(code);
        const bool unknown = code == errc::commit_unknown;
        CHECK(Error(code, "x").retryable() == (passes && !unknown));
        CHECK(Error(code, "x", {}, SecondRun::settles).retryable() == passes);
    }
}
