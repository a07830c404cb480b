#pragma once

#include <cstdint>
#include <utility>

#include "roomstore/model/timestamp.hpp"

namespace roomstore {

namespace detail {

inline void append_digits(std::string& out, std::int64_t value, int width) {
    char digits[20];
    for (int i = width - 1; i >= 0; --i) {
        digits[i] = static_cast<char>('0' + value % 10);
        value /= 10;
    }
    out.append(digits, static_cast<std::size_t>(width));
}

/// Quotient and remainder, where the remainder is never negative.
inline std::pair<std::int64_t, std::int64_t> floor_divide(std::int64_t value,
                                                          std::int64_t divisor) {
    const std::int64_t remainder = value % divisor;
    if (remainder >= 0) return {value / divisor, remainder};
    return {value / divisor - 1, remainder + divisor};
}

/// Reads exactly `width` digits at the front of `text` and drops them.
inline std::optional<int> take_digits(std::string_view& text, std::size_t width) {
    if (text.size() < width) return std::nullopt;
    int value = 0;
    for (const char c : text.substr(0, width)) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + (c - '0');
    }
    text.remove_prefix(width);
    return value;
}

inline bool take_char(std::string_view& text, char expected) {
    if (text.empty() || text.front() != expected) return false;
    text.remove_prefix(1);
    return true;
}

/// Reads `.` and 1 to 9 digits and returns microseconds; 0 if there is no `.`.
inline std::optional<int> take_fraction(std::string_view& text) {
    if (!take_char(text, '.')) return 0;
    int micros = 0;
    std::size_t count = 0;
    for (; count < text.size() && text[count] >= '0' && text[count] <= '9'; ++count) {
        if (count < 6) micros = micros * 10 + (text[count] - '0');
    }
    if (count == 0 || count > 9) return std::nullopt;
    for (std::size_t i = count; i < 6; ++i) micros *= 10;
    text.remove_prefix(count);
    return micros;
}

/// Reads `Z` or `+hh:mm` / `-hh:mm`; the result must be subtracted to get UTC.
inline std::optional<std::chrono::minutes> take_offset(std::string_view& text) {
    if (take_char(text, 'Z') || take_char(text, 'z')) return std::chrono::minutes{0};
    const bool negative = !text.empty() && text.front() == '-';
    if (!negative && (text.empty() || text.front() != '+')) return std::nullopt;
    text.remove_prefix(1);
    const auto hours = take_digits(text, 2);
    if (!hours || !take_char(text, ':')) return std::nullopt;
    const auto minutes = take_digits(text, 2);
    if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
    const std::chrono::minutes offset{*hours * 60 + *minutes};
    return negative ? -offset : offset;
}

}  // namespace detail

std::string to_iso8601(Timestamp time) {
    using namespace std::chrono;
    // The calendar of <chrono> ends at year 32767, while a Timestamp reaches year 294247, so whole
    // cycles of 400 years are counted separately. Integers are used, since the start of the first
    // day overflows a Timestamp.
    constexpr std::int64_t day_micros = std::int64_t{24} * 60 * 60 * 1'000'000;
    constexpr std::int64_t cycle_days = 146'097;
    const std::int64_t count = time.time_since_epoch().count();
    const auto [day, micros_of_day] = detail::floor_divide(count, day_micros);
    const auto [cycle, day_of_cycle] = detail::floor_divide(day, cycle_days);
    const year_month_day date{sys_days{days{static_cast<int>(day_of_cycle)}}};
    const std::int64_t year = static_cast<int>(date.year()) + cycle * 400;
    const std::int64_t second = micros_of_day / 1'000'000;
    const std::int64_t micros = micros_of_day % 1'000'000;
    std::string out;
    out.reserve(30);
    if (year >= 0 && year <= 9999) {
        detail::append_digits(out, year, 4);
    } else {
        out += year < 0 ? '-' : '+';
        detail::append_digits(out, year < 0 ? -year : year, 6);
    }
    out += '-';
    detail::append_digits(out, static_cast<unsigned>(date.month()), 2);
    out += '-';
    detail::append_digits(out, static_cast<unsigned>(date.day()), 2);
    out += 'T';
    detail::append_digits(out, second / 3600, 2);
    out += ':';
    detail::append_digits(out, second / 60 % 60, 2);
    out += ':';
    detail::append_digits(out, second % 60, 2);
    if (micros != 0) {
        out += '.';
        detail::append_digits(out, micros, 6);
    }
    out += 'Z';
    return out;
}

std::optional<Timestamp> parse_iso8601(std::string_view text) {
    using namespace std::chrono;
    const auto year = detail::take_digits(text, 4);
    if (!year || !detail::take_char(text, '-')) return std::nullopt;
    const auto month = detail::take_digits(text, 2);
    if (!month || !detail::take_char(text, '-')) return std::nullopt;
    const auto day = detail::take_digits(text, 2);
    if (!day || !(detail::take_char(text, 'T') || detail::take_char(text, 't'))) {
        return std::nullopt;
    }
    const auto hour = detail::take_digits(text, 2);
    if (!hour || !detail::take_char(text, ':')) return std::nullopt;
    const auto minute = detail::take_digits(text, 2);
    if (!minute || !detail::take_char(text, ':')) return std::nullopt;
    const auto second = detail::take_digits(text, 2);
    if (!second || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
    const auto fraction = detail::take_fraction(text);
    const auto offset = fraction ? detail::take_offset(text) : std::nullopt;
    if (!offset || !text.empty()) return std::nullopt;
    const year_month_day date{std::chrono::year{*year},
                              std::chrono::month{static_cast<unsigned>(*month)},
                              std::chrono::day{static_cast<unsigned>(*day)}};
    if (!date.ok()) return std::nullopt;
    return Timestamp{sys_days{date}} + hours{*hour} + minutes{*minute} + seconds{*second} +
           microseconds{*fraction} - *offset;
}

}  // namespace roomstore
