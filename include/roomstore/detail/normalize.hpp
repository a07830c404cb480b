#pragma once

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "roomstore/detail/decimal.hpp"
#include "roomstore/detail/text_hash.hpp"
#include "roomstore/model/event.hpp"
#include "roomstore/model/json_value.hpp"
#include "roomstore/model/participant.hpp"

namespace roomstore::detail {

/// An empty idempotency key counts as absent and is stored as absent.
inline void normalize_idempotency_key(RoomEvent& event) {
    if (event.idempotency_key && event.idempotency_key->empty()) event.idempotency_key.reset();
}

/// `channel_id` first, then the other channels in the order given, each once.
inline void normalize_connected_via(Participant& participant) {
    std::vector<std::string> channels;
    TextSet seen{participant.channel_id};
    channels.reserve(participant.connected_via.size() + 1);
    channels.push_back(participant.channel_id);
    for (std::string& channel : participant.connected_via) {
        if (seen.insert(channel).second) channels.push_back(std::move(channel));
    }
    participant.connected_via = std::move(channels);
}

/// Normalizes an argument to the form in which backends store it.
inline void normalize(RoomEvent& event) { normalize_idempotency_key(event); }
inline void normalize(Participant& participant) { normalize_connected_via(participant); }
template <typename Argument>
void normalize(Argument&) {}

/// Converts a number of a room's metadata to what PostgreSQL's jsonb returns for it. jsonb stores
/// decimals instead of doubles: zero has no sign, and a number with an exponent is written out,
/// which makes it an integer if it fits one.
inline void normalize_number(Json& number) {
    // Numbers below `shortest_with_exponent` are written without an exponent; none above
    // `beyond_integers` fits an integer.
    constexpr double shortest_with_exponent = 1e15;
    constexpr double beyond_integers = 2e19;
    const double real = number.get_ref<const double&>();
    if (real == 0) number = 0.0;
    if (std::abs(real) < shortest_with_exponent || std::abs(real) > beyond_integers) return;
    const std::string digits = integer_digits(real);
    if (!digits.empty()) number = Json::parse((real < 0 ? "-" : "") + digits);
}

/// As `normalize_number`, for every number inside `value`, whose depth has been checked.
inline void normalize_numbers(Json& value) {
    if (value.is_number_float()) normalize_number(value);
    if (!value.is_structured()) return;
    for (Json& inner : value) normalize_numbers(inner);
}

}  // namespace roomstore::detail
