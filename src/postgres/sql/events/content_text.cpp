#include "sql/events/content_text.hpp"

#include <algorithm>
#include <optional>

#include "roomstore/model/json.hpp"

namespace roomstore::postgres::sql {

namespace {

// Members in the order of their names, as nlohmann writes them.
constexpr std::string_view before_body = R"({"body":")";
constexpr std::string_view without_language = R"(","language":null,"type":"text"})";
constexpr std::string_view before_language = R"(","language":")";
constexpr std::string_view after_language = R"(","type":"text"})";

constexpr bool needs_escape(char c) {
    return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
}

void append_escape(std::string& out, char c) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += '\\';
    switch (c) {
        case '"':
        case '\\':
            out += c;
            break;
        case '\b':
            out += 'b';
            break;
        case '\f':
            out += 'f';
            break;
        case '\n':
            out += 'n';
            break;
        case '\r':
            out += 'r';
            break;
        case '\t':
            out += 't';
            break;
        default:
            out += "u00";
            out += digits[static_cast<unsigned char>(c) >> 4U];
            out += digits[static_cast<unsigned char>(c) & 0xFU];
    }
}

void append_escaped(std::string& out, std::string_view text) {
    while (!text.empty()) {
        const auto special = std::ranges::find_if(text, needs_escape);
        const auto plain = static_cast<std::size_t>(special - text.begin());
        out += text.substr(0, plain);
        if (plain == text.size()) return;
        append_escape(out, text[plain]);
        text.remove_prefix(plain + 1);
    }
}

// The text between the two, if it contains no escapes. Everything else is left to the parser.
std::optional<std::string_view> between(std::string_view text,
                                        std::string_view before,
                                        std::string_view after) {
    if (text.size() < before.size() + after.size() || !text.starts_with(before) ||
        !text.ends_with(after)) {
        return std::nullopt;
    }
    const auto inside = text.substr(before.size(), text.size() - before.size() - after.size());
    if (std::ranges::any_of(inside, needs_escape)) return std::nullopt;
    return inside;
}

}  // namespace

std::string content_text(const EventContent& content) {
    const auto* const plain = content.get_if<TextContent>();
    if (plain == nullptr || !plain->unknown_members.empty()) return Json(content).dump();
    std::string text;
    text.reserve(before_body.size() + plain->body.size() + without_language.size());
    text += before_body;
    append_escaped(text, plain->body);
    if (plain->language) {
        text += before_language;
        append_escaped(text, *plain->language);
        text += after_language;
    } else {
        text += without_language;
    }
    return text;
}

EventContent read_content(std::string_view text) {
    if (const auto body = between(text, before_body, without_language)) {
        return TextContent{.body = std::string(*body)};
    }
    return Json::parse(text).get<EventContent>();
}

}  // namespace roomstore::postgres::sql
