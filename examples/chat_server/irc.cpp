#include "message.hpp"

#include <algorithm>

#include "text.hpp"

namespace chat::irc {

namespace {

constexpr std::size_t max_params = 15;
constexpr std::string_view line_end = "\r\n";

void skip_spaces(std::string_view& line) {
    while (line.starts_with(' ')) line.remove_prefix(1);
}

std::string_view take_word(std::string_view& line) {
    const std::string_view word = line.substr(0, line.find(' '));
    line.remove_prefix(word.size());
    skip_spaces(line);
    return word;
}

char unescaped(char c) {
    switch (c) {
        case ':':
            return ';';
        case 's':
            return ' ';
        case 'r':
            return '\r';
        case 'n':
            return '\n';
        default:
            return c;
    }
}

std::string unescape(std::string_view escaped) {
    std::string value;
    for (std::size_t i = 0; i < escaped.size(); ++i) {
        if (escaped[i] != '\\') {
            value += escaped[i];
        } else if (++i < escaped.size()) {
            value += unescaped(escaped[i]);
        }
    }
    return value;
}

void append_escaped(std::string& out, std::string_view value) {
    for (const char c : value) {
        switch (c) {
            case ';':
                out += "\\:";
                break;
            case ' ':
                out += "\\s";
                break;
            case '\\':
                out += "\\\\";
                break;
            case '\r':
                out += "\\r";
                break;
            case '\n':
                out += "\\n";
                break;
            default:
                out += c;
        }
    }
}

std::vector<Tag> parse_tags(std::string_view text) {
    std::vector<Tag> tags;
    while (!text.empty()) {
        const std::string_view item = text.substr(0, text.find(';'));
        text.remove_prefix(std::min(item.size() + 1, text.size()));
        const auto equals = item.find('=');
        Tag tag{.key = std::string(item.substr(0, equals)), .value = {}};
        if (tag.key.empty()) continue;
        if (equals != std::string_view::npos) tag.value = unescape(item.substr(equals + 1));
        // The last of several tags with the same key counts.
        std::erase_if(tags, [&](const Tag& earlier) { return earlier.key == tag.key; });
        tags.push_back(std::move(tag));
    }
    return tags;
}

}  // namespace

bool is_client_only(std::string_view tag_key) {
    if (tag_key.size() < 2 || tag_key.front() != '+') return false;
    return std::all_of(tag_key.begin() + 1, tag_key.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '.' || c == '/';
    });
}

std::optional<Message> parse(std::string_view line) {
    Message message;
    skip_spaces(line);
    if (line.starts_with('@')) message.tags = parse_tags(take_word(line).substr(1));
    if (line.starts_with(':')) message.source = take_word(line).substr(1);
    message.command = to_upper(take_word(line));
    if (message.command.empty()) return std::nullopt;
    while (!line.empty()) {
        if (line.starts_with(':')) {
            message.params.emplace_back(line.substr(1));
            break;
        }
        if (message.params.size() == max_params - 1) {
            message.params.emplace_back(line);
            break;
        }
        message.params.emplace_back(take_word(line));
    }
    return message;
}

bool fits(std::string_view line) {
    std::string_view rest = line;
    if (line.starts_with('@')) {
        const auto space = line.find(' ');
        const std::size_t tags = std::min(space, line.size() - 1) + 1;
        if (tags > max_client_tags_bytes) return false;
        rest.remove_prefix(tags);
    }
    return rest.size() + line_end.size() <= max_line_bytes;
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
        if (tag.value.empty()) continue;
        out += '=';
        append_escaped(out, tag.value);
    }
    if (!out.empty()) out += ' ';
    return out;
}

}  // namespace chat::irc
