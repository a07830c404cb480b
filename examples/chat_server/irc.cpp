#include "irc.hpp"

#include <algorithm>
#include <ranges>

namespace chat::irc {

namespace {

constexpr std::size_t max_params = 15;
constexpr std::string_view line_end = "\r\n";
/// The characters that are escaped in the value of a tag, and what follows the backslash there.
constexpr std::string_view escaped_characters = "; \\\r\n";
constexpr std::string_view escape_letters = ":s\\rn";

void skip_spaces(std::string_view& line) {
    while (line.starts_with(' ')) line.remove_prefix(1);
}

std::string_view take_word(std::string_view& line) {
    const std::string_view word = line.substr(0, line.find(' '));
    line.remove_prefix(word.size());
    skip_spaces(line);
    return word;
}

std::string unescape(std::string_view escaped) {
    std::string value;
    for (std::size_t i = 0; i < escaped.size(); ++i) {
        char c = escaped[i];
        if (c == '\\') {
            if (++i == escaped.size()) break;
            const auto known = escape_letters.find(escaped[i]);
            c = known == std::string_view::npos ? escaped[i] : escaped_characters[known];
        }
        value += c;
    }
    return value;
}

std::string escape(std::string_view value) {
    std::string escaped;
    for (const char c : value) {
        const auto known = escaped_characters.find(c);
        if (known != std::string_view::npos) escaped += '\\';
        escaped += known == std::string_view::npos ? c : escape_letters[known];
    }
    return escaped;
}

/// The last of several tags with the same key counts.
Tags parse_tags(std::string_view text) {
    Tags tags;
    for (const std::string& tag : split_list(text, ';')) {
        const auto equals = std::min(tag.find('='), tag.size());
        if (equals == 0) continue;
        const std::string value = tag.substr(std::min(equals + 1, tag.size()));
        tags[tag.substr(0, equals)] = unescape(value);
    }
    return tags;
}

/// The line without its line end, of any length.
std::string join(const Line& line) {
    std::string out;
    if (!line.source.empty()) out.append(":").append(line.source).append(" ");
    out += line.command;
    for (std::size_t i = 0; i < line.params.size(); ++i) {
        out += i + 1 == line.params.size() ? " :" : " ";
        out += line.params[i];
    }
    return out;
}

/// Replaces the 26 letters from `first` on by those from `replacement` on.
std::string replace_letters(std::string_view text, char first, char replacement) {
    std::string out(text);
    for (char& c : out) {
        if (c >= first && c < first + 26) c = static_cast<char>(c - first + replacement);
    }
    return out;
}

bool are_plain(std::string_view text, std::string_view others) {
    return std::ranges::all_of(text, [&](char c) { return is_plain(c, others); });
}

}  // namespace

std::optional<Message> parse(std::string_view line) {
    Message message;
    skip_spaces(line);
    if (line.starts_with('@')) message.tags = parse_tags(take_word(line).substr(1));
    if (line.starts_with(':')) message.source = take_word(line).substr(1);
    message.command = to_upper(take_word(line));
    if (message.command.empty()) return std::nullopt;
    while (!line.empty()) {
        const bool colon = line.starts_with(':');
        if (colon || message.params.size() == max_params - 1) {
            message.params.emplace_back(line.substr(colon ? 1 : 0));
            break;
        }
        message.params.emplace_back(take_word(line));
    }
    return message;
}

bool fits(std::string_view line) {
    std::size_t tags = 0;
    if (line.starts_with('@')) tags = std::min(line.find(' '), line.size() - 1) + 1;
    return tags <= max_client_tags_bytes && line.size() - tags + line_end.size() <= max_line_bytes;
}

std::size_t uncut_size(const Line& line) { return join(line).size() + line_end.size(); }

std::string serialize(const Line& line) {
    std::string out = join(line);
    const auto forbidden = [](char c) { return c == '\r' || c == '\n' || c == '\0'; };
    std::ranges::replace_if(out, forbidden, ' ');
    out.resize(utf8_prefix(out, max_line_bytes - line_end.size()).size());
    out += line_end;
    return out;
}

std::string serialize_tags(const Tags& tags) {
    std::string out;
    for (const auto& [key, value] : tags) {
        out += out.empty() ? '@' : ';';
        out += key;
        if (!value.empty()) out += "=" + escape(value);
    }
    if (!out.empty()) out += ' ';
    return out;
}

bool is_client_only(std::string_view tag_key) {
    return tag_key.size() > 1 && tag_key.front() == '+' && are_plain(tag_key.substr(1), "-./");
}

std::string to_upper(std::string_view text) { return replace_letters(text, 'a', 'A'); }

std::string fold(std::string_view name) { return replace_letters(name, 'A', 'a'); }

bool is_plain(char c, std::string_view others) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != std::string_view::npos;
}

bool is_word(std::string_view text) {
    const auto separates = [](unsigned char c) { return c <= 0x20; };
    return !text.empty() && text.front() != ':' && std::ranges::none_of(text, separates);
}

bool is_nick(std::string_view name) {
    if (name.empty() || name.size() > max_nick_bytes) return false;
    const char first = name.front();
    return first != '-' && !(first >= '0' && first <= '9') && are_plain(name, "[]\\`_^{|}-");
}

bool is_channel(std::string_view name) {
    return name.size() > 1 && name.size() <= max_channel_bytes && name.front() == '#' &&
           is_word(name) && name.find_first_of(",:\x7F") == std::string_view::npos;
}

std::string_view utf8_prefix(std::string_view text, std::size_t max_bytes) {
    if (text.size() <= max_bytes) return text;
    const auto is_continuation = [](char c) { return (c & 0xC0) == 0x80; };
    while (max_bytes > 0 && is_continuation(text[max_bytes])) --max_bytes;
    return text.substr(0, max_bytes);
}

std::string quotable(std::string_view text) {
    constexpr std::size_t max_bytes = 200;
    return is_word(text) ? std::string(utf8_prefix(text, max_bytes)) : "*";
}

std::vector<std::string> split_list(std::string_view list, char separator) {
    std::vector<std::string> parts;
    for (const auto part : std::views::split(list, separator)) {
        if (!part.empty()) parts.emplace_back(part.begin(), part.end());
    }
    return parts;
}

}  // namespace chat::irc
