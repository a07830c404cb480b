#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace roomstore::detail {

/// The first byte at which a string stops being storable text. Bytes count from 0.
struct TextFault {
    enum class Kind { nul, invalid_utf8 };
    Kind kind;
    std::size_t position;
};

inline std::string to_string(const TextFault& fault) {
    const char* what = fault.kind == TextFault::Kind::nul ? "NUL" : "invalid UTF-8";
    return what + (" at byte " + std::to_string(fault.position));
}

/// Bytes of the well-formed UTF-8 sequence at the front of `text`, 0 where there is none. The
/// ranges are those of RFC 3629, section 4: no overlong forms, no surrogates, nothing above
/// U+10FFFF.
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

/// Whether the eight bytes of `word` are all ASCII other than NUL: bytes below 0x80, none of which
/// borrows when 1 is taken from each.
inline bool is_plain_ascii(std::uint64_t word) noexcept {
    constexpr std::uint64_t ones = 0x0101010101010101U;
    constexpr std::uint64_t high_bits = 0x8080808080808080U;
    return ((word | (word - ones)) & high_bits) == 0;
}

/// What makes `text` no UTF-8 or no text (NUL), or nothing.
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

/// `text` from outside as an error message shows it: cut after `max_bytes`, without control
/// characters, which could forge lines of a log, and without what is no UTF-8.
inline std::string printable(std::string_view text, std::size_t max_bytes = 64) {
    std::string out;
    while (!text.empty()) {
        const std::size_t sequence = utf8_sequence_size(text);
        // A byte that begins no sequence is shown by one, too.
        const std::size_t size = sequence == 0 ? 1 : sequence;
        if (out.size() + size > max_bytes) return out + "...";
        const auto first = static_cast<unsigned char>(text.front());
        if (sequence == 0 || first < 0x20 || first == 0x7F) {
            out += '?';
        } else {
            out += text.substr(0, size);
        }
        text.remove_prefix(size);
    }
    return out;
}

}  // namespace roomstore::detail
