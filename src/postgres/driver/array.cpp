#include "driver/array.hpp"

#include <bit>
#include <chrono>
#include <concepts>
#include <utility>

namespace roomstore::postgres {

namespace {

// Number of dimensions, null flag, element type, number of elements, lower bound.
constexpr std::size_t header_size = 5 * sizeof(std::uint32_t);
constexpr std::uint32_t null_length = 0xFFFF'FFFF;

// In network byte order.
template <std::unsigned_integral T>
void put(char* to, T value) {
    for (std::size_t i = sizeof(T); i-- > 0; value = static_cast<T>(value >> 8U)) {
        to[i] = static_cast<char>(value & 0xFFU);
    }
}

template <std::unsigned_integral T>
void append(std::string& to, T value) {
    const auto at = to.size();
    to.resize(at + sizeof(T));
    put(to.data() + at, value);
}

void append_number(std::string& to, std::int64_t value) {
    append(to, static_cast<std::uint32_t>(sizeof value));
    append(to, std::bit_cast<std::uint64_t>(value));
}

// The server counts from 2000-01-01.
constexpr Timestamp server_epoch{std::chrono::sys_days{std::chrono::year{2000} / 1 / 1}};

}  // namespace

Array::Array(ElementType type) : type_(type), bytes_(header_size, '\0') {}

void Array::add(std::string_view text) {
    append(bytes_, static_cast<std::uint32_t>(text.size()));
    bytes_ += text;
    ++count_;
}

void Array::add(std::int64_t value) {
    append_number(bytes_, value);
    ++count_;
}

void Array::add(Timestamp value) {
    append_number(bytes_, (value - server_epoch).count());
    ++count_;
}

void Array::add_null() {
    append(bytes_, null_length);
    has_nulls_ = true;
    ++count_;
}

std::string Array::take() && {
    const std::uint32_t dimensions = count_ == 0 ? 0 : 1;
    const std::uint32_t header[]{
        dimensions, has_nulls_ ? 1U : 0U, static_cast<std::uint32_t>(type_), count_, 1};
    char* to = bytes_.data();
    for (const auto field : header) {
        put(to, field);
        to += sizeof field;
    }
    // An array without elements has no dimension to describe.
    if (dimensions == 0) bytes_.resize(3 * sizeof(std::uint32_t));
    return std::move(bytes_);
}

}  // namespace roomstore::postgres
