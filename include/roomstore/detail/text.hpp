#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace roomstore::detail {

/// The first byte that makes a string impossible to store as text. Positions count from 0.
struct TextFault {
    enum class Kind { nul, invalid_utf8 };
    Kind kind;
    std::size_t position;
};

inline std::string to_string(const TextFault& fault) {
    const char* what = fault.kind == TextFault::Kind::nul ? "NUL" : "invalid UTF-8";
    return what + (" at byte " + std::to_string(fault.position));
}

/// Size of the well-formed UTF-8 sequence at the front of `text`, which is not empty; 0 if there is
/// none. The ranges are those of RFC 3629, section 4: no overlong forms, no surrogates, nothing
/// above U+10FFFF.
inline std::size_t utf8_sequence_size(std::string_view text) noexcept {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto continues = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
        return i < text.size() && at(i) >= low && at(i) <= high;
    };
    const unsigned lead = at(0);
    if (lead < 0x80) return 1;
    if (lead < 0xC2) return 0;
    if (lead < 0xE0) return continues(1) ? 2 : 0;
    if (lead < 0xF0) {
        const unsigned low = lead == 0xE0 ? 0xA0 : 0x80;
        const unsigned high = lead == 0xED ? 0x9F : 0xBF;
        return continues(1, low, high) && continues(2) ? 3 : 0;
    }
    if (lead < 0xF5) {
        const unsigned low = lead == 0xF0 ? 0x90 : 0x80;
        const unsigned high = lead == 0xF4 ? 0x8F : 0xBF;
        return continues(1, low, high) && continues(2) && continues(3) ? 4 : 0;
    }
    return 0;
}

/// Whether the eight bytes of `word` are all ASCII other than NUL: below 0x80, and subtracting 1
/// from each does not borrow.
inline bool is_plain_ascii(std::uint64_t word) noexcept {
    constexpr std::uint64_t ones = 0x0101010101010101U;
    constexpr std::uint64_t high_bits = 0x8080808080808080U;
    return ((word | (word - ones)) & high_bits) == 0;
}

/// The first NUL or invalid UTF-8 in `text`, or `nullopt`.
inline std::optional<TextFault> find_text_fault(std::string_view text) noexcept {
    std::size_t i = 0;
    while (i < text.size()) {
        std::uint64_t word = 0;
        while (text.size() - i >= sizeof(word)) {
            std::memcpy(&word, text.data() + i, sizeof(word));
            if (!is_plain_ascii(word)) break;
            i += sizeof(word);
        }
        if (i == text.size()) break;
        if (text[i] == '\0') return TextFault{TextFault::Kind::nul, i};
        const std::size_t size = utf8_sequence_size(text.substr(i));
        if (size == 0) return TextFault{TextFault::Kind::invalid_utf8, i};
        i += size;
    }
    return std::nullopt;
}

/// The code point of the well-formed UTF-8 sequence `text`.
inline char32_t code_point(std::string_view text) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    constexpr unsigned lead_bits[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    char32_t value = byte(0) & lead_bits[text.size()];
    for (std::size_t i = 1; i < text.size(); ++i) value = value << 6 | (byte(i) & 0x3FU);
    return value;
}

/// Whether a character can forge lines of a log, or change how a terminal displays the rest of the
/// line: control characters (C0, DEL and C1, of which U+0085 ends lines), the line and paragraph
/// separators, and the bidirectional controls (Unicode Standard Annex 9).
inline bool is_control(char32_t c) noexcept {
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x061C || c == 0x200E || c == 0x200F ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

/// Appends an ASCII escape for a control character, or for a byte that is not valid UTF-8.
inline void append_escape(std::string& out, std::string_view sequence) {
    constexpr char hex[] = "0123456789abcdef";
    const bool is_utf8 = utf8_sequence_size(sequence) == sequence.size();
    const char32_t value =
        is_utf8 ? code_point(sequence) : static_cast<unsigned char>(sequence.front());
    switch (value) {
        case U'\n':
            out += "\\n";
            return;
        case U'\r':
            out += "\\r";
            return;
        case U'\t':
            out += "\\t";
            return;
        default:
            break;
    }
    out += is_utf8 ? "\\u" : "\\x";
    for (int shift = is_utf8 ? 12 : 4; shift >= 0; shift -= 4) out += hex[value >> shift & 0xFU];
}

/// Untrusted `text` as shown in errors and logs, on one line: control characters and invalid UTF-8
/// are escaped as in JSON (`\n`, `\u2028`; an invalid byte as `\xff`), and the characters of `also`
/// with a backslash. Truncated after `max_bytes`, with `...` appended. If `also` is empty, a result
/// that was not truncated is returned unchanged when it is passed again.
inline std::string printable(std::string_view text,
                             std::size_t max_bytes = 64,
                             std::string_view also = {}) {
    std::string out;
    while (!text.empty()) {
        const std::size_t sequence = utf8_sequence_size(text);
        const std::size_t before = out.size();
        const std::string_view next = text.substr(0, sequence == 0 ? 1 : sequence);
        if (sequence == 0 || is_control(code_point(next))) {
            append_escape(out, next);
        } else {
            if (also.find(next) != std::string_view::npos) out += '\\';
            out += next;
        }
        if (out.size() > max_bytes) {
            out.resize(before);
            return out + "...";
        }
        text.remove_prefix(next.size());
    }
    return out;
}

/// As `printable`, for a complete text of which parts may be untrusted.
inline std::string one_line(std::string_view text) {
    return printable(text, std::string_view::npos);
}

/// Not below the maximum size of ids and keys, so that none without escapes is truncated.
inline constexpr std::size_t max_shown_bytes = 255;

/// `'lobby'`: an untrusted name or value, quoted for an error text or a log line.
inline std::string quoted(std::string_view text, std::size_t max_bytes = max_shown_bytes) {
    std::string shown = "'";
    shown += printable(text, max_bytes, "'\\");
    shown += '\'';
    return shown;
}

/// `room 'lobby'`.
inline std::string named(std::string_view noun, std::string_view id) {
    return std::string(noun) + ' ' + quoted(id);
}

}  // namespace roomstore::detail
