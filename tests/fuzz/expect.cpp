#include "fuzz/expect.hpp"

#include <cstdio>
#include <cstdlib>
#include <string>

#include "fuzz/naive.hpp"

namespace roomstore::fuzz {

void fail(std::string_view rule, std::string_view seen) {
    std::fprintf(stderr,
                 "broken: %.*s\nseen: %.*s\n",
                 static_cast<int>(rule.size()),
                 rule.data(),
                 static_cast<int>(seen.size()),
                 seen.data());
    std::fflush(stderr);
    std::abort();
}

void expect_refusal(const Error& error, std::string_view root) {
    const std::string& text = error.detail();
    expect(error.code() == make_error_code(errc::invalid_argument),
           "a refusal is an invalid argument",
           error.what());
    expect(error.applied() == Applied::no, "a refused input is not stored", text);
    const std::size_t colon = text.find(": ");
    expect(colon != std::string::npos && colon + 2 < text.size(),
           "a refusal names a field and a reason",
           text);
    const std::string_view field = std::string_view(text).substr(0, colon);
    expect(field.starts_with(root), "a refusal names the invalid argument", text);
    if (!root.empty() && field.size() > root.size()) {
        const char next = field[root.size()];
        expect(next == '.' || next == '/', "a field is part of its argument", text);
    }
    expect(naive::is_text(text), "a refusal is valid text", text);
    for (const char c : text) {
        expect(static_cast<unsigned char>(c) >= 0x20, "a refusal has no control characters", text);
    }
}

}  // namespace roomstore::fuzz
