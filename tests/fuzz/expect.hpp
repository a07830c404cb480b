#pragma once

#include <string_view>
#include <utility>

#include "roomstore/error.hpp"

namespace roomstore::fuzz {

/// Prints the broken rule and the value that broke it, and aborts the process, which a fuzzer
/// detects.
[[noreturn]] void fail(std::string_view rule, std::string_view seen);

inline void expect(bool holds, std::string_view rule, std::string_view seen = {}) {
    if (!holds) fail(rule, seen);
}

/// Checks an error that refuses an input: its code, a field before the colon that is `root` or
/// begins with it, a reason after the colon, and no characters that could forge lines of a log.
void expect_refusal(const Error& error, std::string_view root);

/// Whether `call` accepts its arguments. Otherwise it must refuse them with a proper error.
template <typename Call>
bool accepts(std::string_view root, Call&& call) {
    try {
        std::forward<Call>(call)();
        return true;
    } catch (const Error& error) {
        expect_refusal(error, root);
        return false;
    }
}

}  // namespace roomstore::fuzz
