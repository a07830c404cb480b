#include "roomstore/detail/text.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include <catch2/catch_test_macros.hpp>

namespace {

using roomstore::detail::find_text_fault;
using roomstore::detail::named;
using roomstore::detail::one_line;
using roomstore::detail::printable;
using roomstore::detail::quoted;

/// The fault of `text` as shown in errors; empty if there is none.
std::string fault(const std::string& text) {
    const auto found = find_text_fault(text);
    return found ? to_string(*found) : "";
}

std::string encode(std::uint32_t code_point) {
    const auto byte = [](std::uint32_t value) { return static_cast<char>(value); };
    if (code_point < 0x80) return {byte(code_point)};
    if (code_point < 0x800) {
        return {byte(0xC0 | code_point >> 6), byte(0x80 | (code_point & 0x3F))};
    }
    if (code_point < 0x10000) {
        return {byte(0xE0 | code_point >> 12),
                byte(0x80 | (code_point >> 6 & 0x3F)),
                byte(0x80 | (code_point & 0x3F))};
    }
    return {byte(0xF0 | code_point >> 18),
            byte(0x80 | (code_point >> 12 & 0x3F)),
            byte(0x80 | (code_point >> 6 & 0x3F)),
            byte(0x80 | (code_point & 0x3F))};
}

/// Decodes bit by bit and compares with the encoding of the result: an independent check.
bool is_text_by_decoding(const std::string& text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i]);
        std::size_t size = 1;
        std::uint32_t code_point = lead;
        if (lead >= 0x80) {
            size = lead >> 5 == 0b110 ? 2 : lead >> 4 == 0b1110 ? 3 : lead >> 3 == 0b11110 ? 4 : 0;
            if (size == 0 || i + size > text.size()) return false;
            code_point = lead & (0x7FU >> size);
            for (std::size_t k = 1; k < size; ++k) {
                const auto next = static_cast<unsigned char>(text[i + k]);
                if (next >> 6 != 0b10) return false;
                code_point = code_point << 6 | (next & 0x3FU);
            }
        }
        const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
        if (code_point == 0 || surrogate || code_point > 0x10FFFF) return false;
        if (encode(code_point) != text.substr(i, size)) return false;
        i += size;
    }
    return true;
}

}  // namespace

TEST_CASE("text may have every character except NUL") {
    CHECK(fault("").empty());
    std::string all;
    for (std::uint32_t code_point = 1; code_point <= 0x10FFFF; ++code_point) {
        if (code_point >= 0xD800 && code_point <= 0xDFFF) continue;
        all += encode(code_point);
    }
    CHECK(fault(all).empty());
}

TEST_CASE("a NUL is reported with its byte offset") {
    CHECK(fault(std::string("\0", 1)) == "NUL at byte 0");
    CHECK(fault(std::string("abc\0def", 7)) == "NUL at byte 3");
    CHECK(fault(std::string("\xC3\xA4\0", 3)) == "NUL at byte 2");
}

TEST_CASE("invalid UTF-8 is reported with the byte offset where it begins") {
    CHECK(fault("\xFF") == "invalid UTF-8 at byte 0");
    CHECK(fault("ab\x80") == "invalid UTF-8 at byte 2");
    // Overlong encodings of NUL, '/', U+07FF, U+FFFF.
    CHECK(fault("a\xC0\x80") == "invalid UTF-8 at byte 1");
    CHECK(fault("\xC1\xAF") == "invalid UTF-8 at byte 0");
    CHECK(fault("\xE0\x9F\xBF") == "invalid UTF-8 at byte 0");
    CHECK(fault("\xF0\x8F\xBF\xBF") == "invalid UTF-8 at byte 0");
    // The first and the last surrogate, U+110000, and a lead byte of a five-byte sequence.
    CHECK(fault("\xED\xA0\x80") == "invalid UTF-8 at byte 0");
    CHECK(fault("\xED\xBF\xBF") == "invalid UTF-8 at byte 0");
    CHECK(fault("\xF4\x90\x80\x80") == "invalid UTF-8 at byte 0");
    CHECK(fault("\xF8\x88\x80\x80\x80") == "invalid UTF-8 at byte 0");
    // Truncated sequences.
    CHECK(fault("12345678\xC3") == "invalid UTF-8 at byte 8");
    CHECK(fault("\xE2\x82") == "invalid UTF-8 at byte 0");
    CHECK(fault("\xF0\x9F\x98") == "invalid UTF-8 at byte 0");
}

TEST_CASE("a fault is found at every offset within an 8-byte word") {
    for (const std::string& around : {std::string("a"), std::string("\xC3\xA4")}) {
        for (std::size_t before = 0; before < 20; ++before) {
            std::string text;
            for (std::size_t i = 0; i < before; ++i) text += around;
            const std::string at = std::to_string(text.size());
            for (std::size_t after = 0; after < 20; ++after) {
                const std::string tail(after, 'z');
                REQUIRE(fault(text + '\0' + tail) == "NUL at byte " + at);
                REQUIRE(fault(text + '\xFF' + tail) == "invalid UTF-8 at byte " + at);
                REQUIRE(fault(text + "\x7F\x01" + tail).empty());
            }
        }
    }
}

TEST_CASE("the check agrees with a decoder on sequences of boundary bytes") {
    constexpr std::array<unsigned char, 24> edges{0x00, 0x01, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0,
                                                  0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC,
                                                  0xED, 0xEE, 0xEF, 0xF0, 0xF3, 0xF4, 0xF5, 0xFF};
    std::size_t differ = 0;
    std::size_t accepted = 0;
    for (const auto a : edges) {
        for (const auto b : edges) {
            for (const auto c : edges) {
                for (const auto d : edges) {
                    const std::string text{static_cast<char>(a),
                                           static_cast<char>(b),
                                           static_cast<char>(c),
                                           static_cast<char>(d)};
                    const bool expected = is_text_by_decoding(text);
                    accepted += expected ? 1 : 0;
                    differ += !find_text_fault(text) == expected ? 0 : 1;
                }
            }
        }
    }
    CHECK(differ == 0);
    CHECK(accepted > 100);
}

TEST_CASE("untrusted text is shortened and escaped") {
    CHECK(printable("hello") == "hello");
    CHECK(printable("a\nb\r\t\x7F\x1B") == "a\\nb\\r\\t\\u007f\\u001b");
    CHECK(printable("\xC2\x85\xC2\x9F\xC2\xA0") == "\\u0085\\u009f\xC2\xA0");
    CHECK(printable("\xE2\x80\xA7\xE2\x80\xA8\xE2\x80\xA9") == "\xE2\x80\xA7\\u2028\\u2029");
    CHECK(printable("\xE2\x80\x8E\xD8\x9C\xE2\x81\xA6") == "\\u200e\\u061c\\u2066");
    CHECK(printable("gr\xC3\xBC\xC3\x9F \xF0\x9F\x91\x8B") ==
          "gr\xC3\xBC\xC3\x9F \xF0\x9F\x91\x8B");
    CHECK(printable("a\xFF\xC3") == "a\\xff\\xc3");
    CHECK(printable(std::string("a\0b", 3)) == "a\\u0000b");
    CHECK(printable(std::string(64, 'x')) == std::string(64, 'x'));
    CHECK(printable(std::string(65, 'x')) == std::string(64, 'x') + "...");
    // Not cut within an escape either.
    CHECK(printable(std::string(61, 'x') + "\xFF") == std::string(61, 'x') + "...");
    CHECK(printable(std::string(60, 'x') + "\xFF") == std::string(60, 'x') + "\\xff");
    // Not cut within a character.
    CHECK(printable(std::string(63, 'x') + "\xC3\xBC") == std::string(63, 'x') + "...");
}

TEST_CASE("printable text is not changed again") {
    const std::string text = one_line("a\n'b'\\ \xFF\xE2\x80\xA8" + std::string(200, 'x'));
    CHECK(text == "a\\n'b'\\ \\xff\\u2028" + std::string(200, 'x'));
    CHECK(one_line(text) == text);
}

TEST_CASE("quotes within a quoted name are escaped") {
    CHECK(quoted("lobby") == "'lobby'");
    CHECK(quoted("") == "''");
    CHECK(quoted("it's a \\") == "'it\\'s a \\\\'");
    CHECK(quoted("a\nb") == "'a\\nb'");
    CHECK(quoted("a\\nb") == "'a\\\\nb'");
    CHECK(named("room", "a\"b") == "room 'a\"b'");
    CHECK(quoted(std::string(255, 'x')) == '\'' + std::string(255, 'x') + '\'');
    CHECK(quoted(std::string(256, 'x')) == '\'' + std::string(255, 'x') + "...'");
}
