#include "support/hostile_text.hpp"

#include <array>
#include <string_view>

namespace roomstore::test {

namespace {

constexpr std::array<std::string_view, 48> fragments{
    "'; DROP TABLE rooms; --",
    "' OR '1'='1",
    "\"",
    "'",
    "''",
    "`",
    "\\",
    "\\\\",
    "\\'",
    "\\\"",
    "\\n",
    "\\0",
    "\\u0000",
    "\\x00",
    "\\N",
    "\\.",
    "%",
    "%s",
    "%n",
    "_",
    "$1",
    "$$",
    "?",
    ":name",
    "{}",
    "{0}",
    "{a,\"b\"}",
    "(a,b)",
    "[1,2]",
    "{\"a\": null}",
    "NULL",
    "null",
    "true",
    "-0",
    "1e400",
    ",",
    ";",
    "--",
    "/*",
    "*/",
    " ",
    "\r\n",
    "\t",
    "\xEF\xBB\xBF",
    "\xE2\x80\xAE\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D\xE2\x80\xAC",
    "\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x9A\x80",
    "e\xCC\x81",
    "\xC3\xA9",
};

struct Range {
    char32_t first;
    char32_t last;
};

// Control characters, ASCII, DEL and C1 controls, Latin, Hebrew and Arabic, separators and
// directional marks, Han, private use, noncharacters, the code points before the surrogates, emoji,
// plane 16.
constexpr std::array<Range, 12> ranges{{{0x01, 0x1F},
                                        {0x20, 0x7E},
                                        {0x7F, 0x9F},
                                        {0xA0, 0x24F},
                                        {0x590, 0x6FF},
                                        {0x2000, 0x206F},
                                        {0x4E00, 0x9FFF},
                                        {0xE000, 0xE0FF},
                                        {0xFDD0, 0xFFFF},
                                        {0xD7F0, 0xD7FF},
                                        {0x1F300, 0x1FAFF},
                                        {0x10FF00, 0x10FFFF}}};

void append_utf8(std::string& out, char32_t c) {
    const auto byte = [&out](char32_t value) { out += static_cast<char>(value); };
    if (c < 0x80) {
        byte(c);
    } else if (c < 0x800) {
        byte(0xC0 | (c >> 6));
        byte(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        byte(0xE0 | (c >> 12));
        byte(0x80 | ((c >> 6) & 0x3F));
        byte(0x80 | (c & 0x3F));
    } else {
        byte(0xF0 | (c >> 18));
        byte(0x80 | ((c >> 12) & 0x3F));
        byte(0x80 | ((c >> 6) & 0x3F));
        byte(0x80 | (c & 0x3F));
    }
}

}  // namespace

std::string HostileText::piece() {
    if (below(3) == 0) return std::string(fragments[below(fragments.size())]);
    std::string out;
    const auto range = ranges[below(ranges.size())];
    for (std::size_t i = 1 + below(6); i > 0; --i) {
        append_utf8(out, range.first + static_cast<char32_t>(below(range.last - range.first + 1)));
    }
    return out;
}

std::string HostileText::next(std::size_t max_bytes, std::size_t min_bytes) {
    ++count_;
    if (min_bytes == 0 && below(30) == 0) return {};
    // Sometimes of maximum length.
    const auto wanted = below(20) == 0 ? max_bytes : 1 + below(60);
    std::string out;
    while (out.size() < wanted) {
        const auto more = piece();
        if (out.size() + more.size() > max_bytes) break;
        out += more;
    }
    return out.empty() ? std::string("x") : out;
}

Json HostileText::object() {
    Json out = Json::object();
    for (int i = 0; i < 3; ++i) out[next(100)] = next(300);
    out[next(100)] = {{next(50), {next(100), nullptr, next(100)}}};
    return out;
}

}  // namespace roomstore::test
