#pragma once

#include <cmath>
#include <cstddef>
#include <string>

#include "roomstore/model/json_value.hpp"

namespace roomstore::detail {

/// The digits, without sign, of the integer that the decimal text of `real` denotes; empty if the
/// text denotes a fraction. From 2^53 on, this integer may differ from the value of the double.
inline std::string integer_digits(double real) {
    const std::string text = Json(std::abs(real)).dump();
    const auto exponent_at = text.find('e');
    const std::string mantissa = text.substr(0, exponent_at);
    int shift = exponent_at == std::string::npos ? 0 : std::stoi(text.substr(exponent_at + 1));
    const auto point = mantissa.find('.');
    std::string significant = mantissa.substr(0, point);
    if (point != std::string::npos) {
        significant += mantissa.substr(point + 1);
        shift -= static_cast<int>(mantissa.size() - point - 1);
    }
    for (; shift < 0 && significant.size() > 1 && significant.back() == '0'; ++shift) {
        significant.pop_back();
    }
    if (shift < 0) return {};
    significant.append(static_cast<std::size_t>(shift), '0');
    return significant;
}

}  // namespace roomstore::detail
