#include "fuzz/naive.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <regex>

namespace roomstore::fuzz::naive {

namespace {

/// Size in bytes of the first character of `text`; 0 if it is invalid. Decodes the bits, then
/// checks that the result is a character that needs this many bytes.
std::size_t character_size(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text.front());
    const int ones = std::countl_one(lead);
    if (ones == 1 || ones > 4) return 0;
    const std::size_t size = ones == 0 ? 1 : static_cast<std::size_t>(ones);
    if (text.size() < size) return 0;
    std::uint32_t code = ones == 0 ? lead : lead & (0x7FU >> size);
    for (const char c : text.substr(1, size - 1)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >> 6 != 2) return 0;
        code = code << 6 | (byte & 0x3FU);
    }
    std::size_t needed = 4;
    if (code < 0x80) {
        needed = 1;
    } else if (code < 0x800) {
        needed = 2;
    } else if (code < 0x10000) {
        needed = 3;
    }
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    return needed == size && !surrogate && code <= 0x10FFFF ? size : 0;
}

bool is_leap(std::int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int days_in_month(std::int64_t year, int month) {
    if (month == 2) return is_leap(year) ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/// Days since 1970-01-01, counted year by year within one 400-year cycle of the calendar.
std::int64_t days_since_epoch(std::int64_t year, int month, int day) {
    std::int64_t days = 0;
    for (; year >= 2370; year -= 400) days += 146'097;
    for (; year < 1970; year += 400) days -= 146'097;
    for (std::int64_t each = 1970; each < year; ++each) days += is_leap(each) ? 366 : 365;
    for (int each = 1; each < month; ++each) days += days_in_month(year, each);
    return days + day - 1;
}

/// The unique form of a number: sign, digits and power of ten.
std::string canonical_number(const Json& number) {
    std::string text = number.dump();
    std::string sign;
    if (text.front() == '-') {
        sign = "-";
        text.erase(0, 1);
    }
    int exponent = 0;
    if (const auto e = text.find_first_of("eE"); e != std::string::npos) {
        exponent = std::stoi(text.substr(e + 1));
        text.erase(e);
    }
    if (const auto point = text.find('.'); point != std::string::npos) {
        exponent -= static_cast<int>(text.size() - point - 1);
        text.erase(point, 1);
    }
    text.erase(0, text.find_first_not_of('0'));
    while (!text.empty() && text.back() == '0') {
        text.pop_back();
        ++exponent;
    }
    return text.empty() ? "0" : sign + text + "e" + std::to_string(exponent);
}

/// Two scalars are equal if their canonical forms are equal.
std::string canonical_scalar(const Json& scalar) {
    if (scalar.is_number()) return "number " + canonical_number(scalar);
    if (scalar.is_string()) return "string " + scalar.get<std::string>();
    return scalar.dump();
}

bool contains_below(const Json& value, const Json& part) {
    if (!part.is_structured()) {
        return !value.is_structured() && canonical_scalar(value) == canonical_scalar(part);
    }
    if (value.type() != part.type()) return false;
    if (part.is_array()) {
        return std::ranges::all_of(part, [&](const Json& wanted) {
            return std::ranges::any_of(
                value, [&](const Json& element) { return contains_below(element, wanted); });
        });
    }
    const auto& members = value.get_ref<const Json::object_t&>();
    return std::ranges::all_of(part.get_ref<const Json::object_t&>(), [&](const auto& wanted) {
        return std::ranges::any_of(members, [&](const auto& member) {
            return member.first == wanted.first && contains_below(member.second, wanted.second);
        });
    });
}

bool holds_storable(const Json& json) {
    if (json.is_binary() || json.is_discarded()) return false;
    if (json.is_string()) return is_text(json.get_ref<const std::string&>());
    if (json.is_number_float()) return std::isfinite(json.get<double>());
    if (json.is_object()) {
        for (const auto& member : json.get_ref<const Json::object_t&>()) {
            if (!is_text(member.first)) return false;
        }
    }
    return !json.is_structured() || std::all_of(json.begin(), json.end(), holds_storable);
}

}  // namespace

std::optional<std::size_t> first_fault(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t size = text[at] == '\0' ? 0 : character_size(text.substr(at));
        if (size == 0) return at;
        at += size;
    }
    return std::nullopt;
}

bool is_text(std::string_view text) { return !first_fault(text); }

bool is_id(std::string_view text, std::size_t max) {
    return !text.empty() && text.size() <= max && is_text(text);
}

bool is_name(std::string_view text) {
    constexpr std::string_view legal = "abcdefghijklmnopqrstuvwxyz0123456789_.-";
    return !text.empty() && text.size() <= 64 &&
           text.find_first_not_of(legal) == std::string_view::npos;
}

int depth(const Json& json) {
    int deepest = 0;
    if (!json.is_structured()) return 0;
    for (const Json& each : json) deepest = std::max(deepest, depth(each));
    return deepest + 1;
}

bool is_storable(const Json& json) { return depth(json) <= 128 && holds_storable(json); }

std::size_t bytes(const Json& json) {
    std::size_t sum = 8;
    if (json.is_string()) sum += json.get_ref<const std::string&>().size();
    if (json.is_structured()) {
        for (const Json& each : json) sum += bytes(each);
    }
    if (json.is_object()) {
        for (const auto& member : json.get_ref<const Json::object_t&>()) sum += member.first.size();
    }
    return sum;
}

bool contains(const Json& value, const Json& part) {
    if (contains_below(value, part)) return true;
    return value.is_array() && !part.is_structured() &&
           std::ranges::any_of(value, [&](const Json& each) { return contains_below(each, part); });
}

std::optional<std::int64_t> read_time(std::string_view text) {
    static const std::regex form(R"((\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?)"
                                 R"((?:[Zz]|([+-])(\d\d):(\d\d)))",
                                 std::regex::optimize);
    std::match_results<std::string_view::const_iterator> found;
    if (!std::regex_match(text.begin(), text.end(), found, form)) return std::nullopt;
    const auto number = [&](std::size_t group) {
        return found[group].matched ? std::stoi(found[group].str()) : 0;
    };
    const int month = number(2);
    const int day = number(3);
    if (month < 1 || month > 12 || day < 1 || day > days_in_month(number(1), month)) {
        return std::nullopt;
    }
    if (number(4) > 23 || number(5) > 59 || number(6) > 59) return std::nullopt;
    if (number(9) > 23 || number(10) > 59) return std::nullopt;
    std::string fraction = found[7].matched ? found[7].str() : "";
    fraction.resize(6, '0');
    const std::int64_t offset = (found[8].str() == "-" ? -1 : 1) * (number(9) * 60 + number(10));
    const std::int64_t minutes =
        days_since_epoch(number(1), month, day) * 24 * 60 + number(4) * 60 + number(5) - offset;
    return (minutes * 60 + number(6)) * 1'000'000 + std::stoi(fraction);
}

bool is_storable(Timestamp time) {
    const std::int64_t day = 24LL * 60 * 60 * 1'000'000;
    const std::int64_t count = time.time_since_epoch().count();
    return count >= days_since_epoch(1, 1, 1) * day && count < days_since_epoch(10000, 1, 1) * day;
}

}  // namespace roomstore::fuzz::naive
