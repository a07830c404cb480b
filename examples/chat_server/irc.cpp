#include "irc.hpp"

#include <algorithm>

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

std::vector<Tag> parse_tags(std::string_view text) {
    std::vector<Tag> tags;
    for (const std::string& item : split_list(text, ';')) {
        const auto equals = item.find('=');
        Tag tag{.key = item.substr(0, equals), .value = {}};
        if (tag.key.empty()) continue;
        if (equals != std::string::npos) tag.value = unescape(item.substr(equals + 1));
        // The last of several tags with the same key counts.
        std::erase_if(tags, [&](const Tag& earlier) { return earlier.key == tag.key; });
        tags.push_back(std::move(tag));
    }
    return tags;
}

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

bool are_plain(std::string_view text, std::string_view others) {
    return std::all_of(text.begin(), text.end(), [&](char c) { return is_plain(c, others); });
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

std::size_t uncut_size(const Line& line) {
    std::size_t size = 1 + line.source.size() + 1 + line.command.size() + line_end.size();
    for (const auto param : line.params) size += 1 + param.size();
    if (!line.params.empty()) ++size;
    return size;
}

std::string serialize(const Line& line) {
    std::string out;
    out.reserve(uncut_size(line));
    if (!line.source.empty()) {
        out += ':';
        out += line.source;
        out += ' ';
    }
    out += line.command;
    for (std::size_t i = 0; i < line.params.size(); ++i) {
        out += i + 1 == line.params.size() ? " :" : " ";
        out += line.params[i];
    }
    std::replace_if(
        out.begin(), out.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
    out.resize(utf8_prefix(out, max_line_bytes - line_end.size()).size());
    out += line_end;
    return out;
}

std::string serialize_tags(const std::vector<Tag>& tags) {
    std::string out;
    for (const Tag& tag : tags) {
        out += out.empty() ? '@' : ';';
        out += tag.key;
        if (!tag.value.empty()) out += "=" + escape(tag.value);
    }
    if (!out.empty()) out += ' ';
    return out;
}

bool is_client_only(std::string_view tag_key) {
    return tag_key.size() > 1 && tag_key.front() == '+' && are_plain(tag_key.substr(1), "-./");
}

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

bool is_plain(char c, std::string_view others) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != std::string_view::npos;
}

bool is_word(std::string_view text) {
    return !text.empty() && text.front() != ':' &&
           std::none_of(text.begin(), text.end(), [](char c) {
               return static_cast<unsigned char>(c) <= 0x20;
           });
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
    while (max_bytes > 0 && is_continuation(text[max_bytes])) --max_bytes;
    return text.substr(0, max_bytes);
}

std::string quotable(std::string_view text) {
    constexpr std::size_t max_bytes = 200;
    return is_word(text) ? std::string(utf8_prefix(text, max_bytes)) : "*";
}

std::vector<std::string> split_list(std::string_view list, char separator) {
    std::vector<std::string> parts;
    while (!list.empty()) {
        const std::string_view part = list.substr(0, list.find(separator));
        if (!part.empty()) parts.emplace_back(part);
        list.remove_prefix(std::min(part.size() + 1, list.size()));
    }
    return parts;
}

}  // namespace chat::irc
