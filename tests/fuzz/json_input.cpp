#include "fuzz/json_input.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "fuzz/naive.hpp"

namespace roomstore::fuzz {

namespace {

/// U+E000 to U+E0FF in UTF-8: EE, 80 to 83, 80 to BF.
std::string bytes_of(const std::string& text) {
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto at = [&](std::size_t k) { return static_cast<unsigned char>(text[k]); };
        if (at(i) == 0xEE && i + 2 < text.size() && at(i + 1) <= 0x83) {
            bytes += static_cast<char>((at(i + 1) & 0x03U) << 6 | (at(i + 2) & 0x3FU));
            i += 2;
        } else {
            bytes += text[i];
        }
    }
    return bytes;
}

std::string spell_bytes(const std::string& bytes) {
    if (naive::is_text(bytes)) return bytes;
    std::string text;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte < 0x7F) {
            text += c;
        } else {
            text += '\xEE';
            text += static_cast<char>(0x80U | byte >> 6);
            text += static_cast<char>(0x80U | (byte & 0x3FU));
        }
    }
    return text;
}

/// A copy of `json` whose scalars and keys are replaced by the results of the functions.
template <typename Scalar, typename Key>
Json transformed(const Json& json, const Scalar& scalar, const Key& key) {
    if (json.is_array()) {
        Json array = Json::array();
        for (const Json& element : json) array.push_back(transformed(element, scalar, key));
        return array;
    }
    if (json.is_object()) {
        Json object = Json::object();
        for (const auto& [name, member] : json.get_ref<const Json::object_t&>()) {
            object[key(name)] = transformed(member, scalar, key);
        }
        return object;
    }
    return scalar(json);
}

}  // namespace

std::optional<Json> read_json(std::string_view text) {
    Json json = Json::parse(text, nullptr, false);
    if (json.is_discarded()) return std::nullopt;
    return json;
}

std::optional<JsonInput> read_json_input(std::string_view input, std::size_t choices) {
    if (input.empty()) return std::nullopt;
    auto json = read_json(input.substr(1));
    if (!json) return std::nullopt;
    const auto letter = static_cast<unsigned char>(input.front());
    return JsonInput{static_cast<unsigned char>(letter - 'a') % choices, std::move(*json)};
}

std::string write_json_input(std::size_t selector, std::string_view text) {
    std::string input(1, static_cast<char>('a' + selector));
    input += text;
    return input;
}

std::size_t bracket_depth(std::string_view text) {
    std::size_t depth = 0;
    std::size_t deepest = 0;
    for (const char c : text) {
        if (c == '[' || c == '{') deepest = std::max(deepest, ++depth);
        if ((c == ']' || c == '}') && depth > 0) --depth;
    }
    return deepest;
}

Json decode_values(const Json& json) {
    const auto scalar = [](const Json& value) -> Json {
        if (!value.is_string()) return value;
        const auto& text = value.get_ref<const std::string&>();
        if (text == "!nan") return std::numeric_limits<double>::quiet_NaN();
        if (text == "!inf") return std::numeric_limits<double>::infinity();
        if (text == "!-inf") return -std::numeric_limits<double>::infinity();
        if (text == "!binary") return Json::binary({1, 2, 3});
        return bytes_of(text);
    };
    return transformed(json, scalar, bytes_of);
}

Json encode_values(const Json& json) {
    const auto scalar = [](const Json& value) -> Json {
        if (value.is_binary()) return "!binary";
        if (value.is_string()) return spell_bytes(value.get_ref<const std::string&>());
        if (!value.is_number_float() || std::isfinite(value.get<double>())) return value;
        const auto real = value.get<double>();
        if (std::isnan(real)) return "!nan";
        return real > 0 ? "!inf" : "!-inf";
    };
    return transformed(json, scalar, spell_bytes);
}

}  // namespace roomstore::fuzz
