#pragma once

#include <string_view>
#include <utility>

#include "roomstore/error.hpp"

namespace roomstore::fuzz {

/// Says which rule is broken, shows what was seen, and ends the process: that is what a fuzzer
/// takes note of.
[[noreturn]] void fail(std::string_view rule, std::string_view seen);

inline void expect(bool holds, std::string_view rule, std::string_view seen = {}) {
    if (!holds) fail(rule, seen);
}

/// Checks an error that refuses an input: the code, a field before the colon that is `root` or
/// begins with it, a reason after it, and nothing in the text that could forge lines of a log.
void expect_refusal(const Error& error, std::string_view root);

/// Whether `call` accepts its arguments; refusing is all else that it may do.
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
