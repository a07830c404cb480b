#include "text.hpp"

#include <algorithm>

namespace chat::irc {

namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

bool may_begin_nick(char c) {
    return is_letter(c) || std::string_view("[]\\`_^{|}").find(c) != std::string_view::npos;
}

}  // namespace

std::string to_upper(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return out;
}

std::string fold(std::string_view name) {
    std::string out(name);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

bool is_nick(std::string_view name) {
    if (name.empty() || name.size() > max_nick_bytes || !may_begin_nick(name.front())) return false;
    return std::all_of(name.begin(), name.end(), [](char c) {
        return may_begin_nick(c) || is_digit(c) || c == '-';
    });
}

bool is_channel(std::string_view name) {
    if (name.size() < 2 || name.size() > max_channel_bytes || name.front() != '#') return false;
    return std::none_of(name.begin(), name.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte <= 0x20 || byte == 0x7F || c == ',' || c == ':';
    });
}

std::string_view utf8_prefix(std::string_view text, std::size_t max_bytes) {
    if (text.size() <= max_bytes) return text;
    while (max_bytes > 0 && is_continuation(text[max_bytes])) --max_bytes;
    return text.substr(0, max_bytes);
}

std::string quotable(std::string_view word) {
    constexpr std::size_t max_bytes = 200;
    const bool is_word =
        !word.empty() && word.front() != ':' && std::none_of(word.begin(), word.end(), [](char c) {
            return static_cast<unsigned char>(c) <= 0x20;
        });
    return is_word ? std::string(utf8_prefix(word, max_bytes)) : "*";
}

std::vector<std::string> split_list(std::string_view list) {
    std::vector<std::string> parts;
    while (!list.empty()) {
        const std::string_view part = list.substr(0, list.find(','));
        if (!part.empty()) parts.emplace_back(part);
        list.remove_prefix(std::min(part.size() + 1, list.size()));
    }
    return parts;
}

}  // namespace chat::irc
