#include "driver/row.hpp"

#include <bit>
#include <charconv>
#include <cstdint>
#include <utility>

#include <fmt/format.h>

#include "driver/result_impl.hpp"
#include "roomstore/detail/text.hpp"

namespace roomstore::postgres {

namespace {

constexpr std::size_t shown_bytes = 80;

template <typename T>
std::optional<T> parse_number(std::string_view text) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || text.empty()) {
        return std::nullopt;
    }
    return value;
}

}  // namespace

std::optional<Timestamp> parse_timestamptz(std::string_view text) {
    // PostgreSQL differs from RFC 3339 in the separator before the time, and in offsets without
    // minutes or with seconds, which zones had before standard time. Timestamps at either end of
    // the years 1 to 9999 fall into the year before or after in some zones.
    const bool in_year_10000 = text.starts_with("10000-");
    const bool in_year_0 = text.starts_with("0001-") && text.ends_with(" BC");
    if (in_year_10000) text.remove_prefix(1);
    if (in_year_0) text.remove_suffix(3);
    constexpr std::size_t date_length = 10;
    constexpr std::size_t whole_length = 19;
    char buffer[48];
    if (text.size() <= whole_length || text.size() > 40) return std::nullopt;
    const auto zone = text.find_first_of("+-Z", whole_length);
    if (zone == std::string_view::npos) return std::nullopt;
    auto end = text.copy(buffer, text.size());
    if (buffer[date_length] == ' ') buffer[date_length] = 'T';
    if (in_year_0) buffer[3] = '0';
    std::chrono::seconds beyond_minutes{0};
    switch (end - zone) {
        case 3:
            end += std::string_view{":00"}.copy(buffer + end, 3);
            break;
        case 9: {
            const char* const digits = text.data() + zone + 7;
            int seconds = 0;
            const auto [rest, error] = std::from_chars(digits, digits + 2, seconds);
            if (text[zone + 6] != ':' || error != std::errc{} || rest != digits + 2 ||
                seconds < 0 || seconds > 59) {
                return std::nullopt;
            }
            beyond_minutes = std::chrono::seconds{text[zone] == '-' ? -seconds : seconds};
            end -= 3;
            break;
        }
        default:
            break;
    }
    auto time = parse_iso8601({buffer, end});
    if (!time) return std::nullopt;
    // The calendar repeats every 400 years.
    constexpr std::chrono::days cycle{146'097};
    if (in_year_10000) *time += 10'000 / 400 * cycle;
    *time -= beyond_minutes;
    if (*time < min_timestamp || *time > max_timestamp) return std::nullopt;
    return time;
}

ColumnError::ColumnError(const std::string& column,
                         std::string_view value,
                         std::string_view expected)
    : std::runtime_error(fmt::format("column {} holds {}, which is not {}",
                                     column,
                                     detail::quoted(value, shown_bytes),
                                     expected)),
      column_(column) {}

const Result::Impl::Cell& Result::Impl::cell(std::size_t row, int column) const {
    const auto at = static_cast<std::size_t>(column);
    if (row >= rows || column < 0 || at >= columns) {
        throw std::out_of_range(
            fmt::format("row {}, column {} of a result of {} x {}", row, column, rows, columns));
    }
    return cells[row * columns + at];
}

bool Row::is_null(int column) const { return result_->impl_->cell(index_, column).text == nullptr; }

std::string_view Row::view(int column) const {
    const auto& cell = result_->impl_->cell(index_, column);
    return cell.text == nullptr ? std::string_view{} : std::string_view{cell.text, cell.length};
}

void Row::fail(int column, std::string_view expected) const {
    throw ColumnError(result_->impl_->column_name(column),
                      is_null(column) ? std::string_view{"NULL"} : view(column),
                      expected);
}

bool Row::boolean(int column) const {
    const auto value = view(column);
    if (value == "t") return true;
    if (value == "f") return false;
    fail(column, "a boolean");
}

std::int64_t Row::int64(int column) const {
    const auto value = parse_number<std::int64_t>(view(column));
    if (!value) fail(column, "a 64-bit integer");
    return *value;
}

double Row::float64(int column) const {
    const auto digits = view(column);
    std::uint64_t bits = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), bits, 16);
    if (digits.size() != 16 || error != std::errc{} || end != digits.data() + 16) {
        fail(column, "the bytes of a double in hexadecimal digits");
    }
    return std::bit_cast<double>(bits);
}

Timestamp Row::timestamp(int column) const {
    const auto value = parse_timestamptz(view(column));
    if (!value) fail(column, "a time of the years 1 to 9999 in ISO format");
    return *value;
}

std::optional<std::string> Row::optional_text(int column) const {
    if (is_null(column)) return std::nullopt;
    return text(column);
}

std::optional<std::int64_t> Row::optional_int64(int column) const {
    if (is_null(column)) return std::nullopt;
    return int64(column);
}

std::optional<Timestamp> Row::optional_timestamp(int column) const {
    if (is_null(column)) return std::nullopt;
    return timestamp(column);
}

Result::Result() = default;

Result::Result(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

std::size_t Result::size() const noexcept { return impl_ ? impl_->rows : 0; }

std::int64_t Result::affected_rows() const { return impl_ ? impl_->affected_rows : 0; }

}  // namespace roomstore::postgres
