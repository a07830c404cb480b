#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "differential/vary.hpp"
#include "roomstore/model/event.hpp"

/// Values at the limits of what a store accepts, or beyond.
namespace roomstore::differential {

/// JSON that is invalid as an object, or just valid.
Json odd_json(std::uint64_t choice);
/// Contents that are invalid, or just valid.
EventContent odd_content(std::uint64_t choice);
/// Text that is invalid in any field.
std::string odd_text(std::uint64_t choice);

/// Puts such a value into a field of `value`, at any depth. Ids and addresses become invalid, so
/// that no valid one arises that was not drawn.
/// @{
template <typename Random, typename Rule>
void corrupt(Random& random, std::string& text, const Rule& rule) {
    constexpr std::size_t oversize = (std::size_t{1} << 20) + 1;
    if constexpr (std::same_as<Rule, roomstore::detail::rule::Bytes>) {
        if (random.one_in(2)) {
            text = std::string(rule.max + 1, 'x');
            return;
        }
        // Only a key may be empty.
        if (rule.min > 0 && random.one_in(2)) {
            text.clear();
            return;
        }
    } else {
        if (random.one_in(8)) {
            text = std::string(oversize, 'x');
            return;
        }
    }
    text = odd_text(random.below(8));
}

template <typename Random, typename Rule>
void corrupt(Random& random, std::int64_t& value, const Rule&) {
    constexpr auto highest = std::numeric_limits<std::int64_t>::max();
    const std::vector<std::int64_t> odd{-1,
                                        -2,
                                        0,
                                        highest,
                                        highest - 1,
                                        (std::int64_t{1} << 53) + 1,
                                        (std::int64_t{1} << 62) + 1,
                                        std::numeric_limits<std::int64_t>::min()};
    value = random.among(odd);
}

template <typename Random, typename Rule>
void corrupt(Random& random, double& value, const Rule&) {
    const std::vector<double> odd{std::nan(""),
                                  std::numeric_limits<double>::infinity(),
                                  -1.0,
                                  -0.0,
                                  0.0,
                                  1.0000000000000002,
                                  90.00000000000001,
                                  -180.00000000000003,
                                  5e-324,
                                  1.7976931348623157e308};
    value = random.among(odd);
}

template <typename Random, typename Rule>
void corrupt(Random& random, Timestamp& time, const Rule&) {
    constexpr std::chrono::microseconds instant{1};
    const std::vector<Timestamp> odd{
        min_timestamp, min_timestamp - instant, max_timestamp, max_timestamp + instant};
    time = random.among(odd);
}

template <typename Random, std::same_as<bool> Bool, typename Rule>
void corrupt(Random&, Bool& value, const Rule&) {
    value = !value;
}

template <typename Random, NamedEnum Enum, typename Rule>
void corrupt(Random& random, Enum& value, const Rule&) {
    value = static_cast<Enum>(random.one_in(2) ? 77 : -1);
}

template <typename Random, roomstore::detail::OpenName Name, typename Rule>
void corrupt(Random& random, Name& value, const Rule&) {
    const std::vector<std::string> odd{
        "", "UPPER", "a b", "\u00e9", std::string(65, 'x'), std::string(64, 'x')};
    value = Name(random.among(odd));
}

template <typename Random, std::same_as<Json> Value, typename Rule>
void corrupt(Random& random, Value& value, const Rule&) {
    value = odd_json(random.below(10));
}

template <typename Random>
void corrupt(Random& random, UnknownMembers& members, const roomstore::detail::rule::Members&) {
    // Field names of most models, and one that no model has.
    const std::vector<std::string> names{
        "body", "channel_id", "external_id", "max_per_hour", "max_length", "type", "future"};
    members.set(random.among(names), odd_json(random.below(10)));
}

template <typename Random, typename Rule>
void corrupt(Random& random, EventContent& content, const Rule&) {
    content = odd_content(random.below(16));
}

template <typename Random, Described Model, typename Rule = roomstore::detail::rule::Any>
void corrupt(Random& random, Model& model, const Rule& rule = {});

template <typename Random, typename T, typename Rule>
void corrupt(Random& random, std::optional<T>& value, const Rule& rule) {
    if (!value) value.emplace();
    corrupt(random, *value, rule);
}

template <typename Random, typename T, typename Rule>
void corrupt(Random& random, std::vector<T>& values, const Rule& rule) {
    values.emplace_back();
    corrupt(random, values.back(), rule);
}

template <typename Random, typename Rule>
void corrupt(Random& random, std::map<std::string, std::string>& values, const Rule&) {
    const auto text = odd_text(random.below(8));
    if (random.one_in(2)) {
        values["key"] = text;
    } else {
        values[text] = "value";
    }
}

template <typename Random, typename Rule>
void corrupt(Random& random,
             std::map<std::string, std::vector<std::string>>& addresses,
             const Rule&) {
    switch (random.below(3)) {
        case 0:
            addresses["sms"] = {"twice", "twice"};
            break;
        case 1:
            addresses["NO TYPE"] = {"address"};
            break;
        default:
            corrupt(random, addresses["sms"], roomstore::detail::rule::address);
    }
}

template <typename Random, Described Model, typename Rule>
void corrupt(Random& random, Model& model, const Rule&) {
    std::uint64_t fields = 0;
    roomstore::detail::visit_fields(model, [&](const auto&...) { ++fields; });
    auto chosen = random.below(fields);
    roomstore::detail::visit_fields(
        model, [&](roomstore::detail::FieldName, auto& member, const auto& rule) {
            if (chosen-- == 0) corrupt(random, member, rule);
        });
}
/// @}

}  // namespace roomstore::differential
