#pragma once

#include <algorithm>
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "differential/query_fields.hpp"
#include "roomstore/detail/content_fields.hpp"
#include "roomstore/detail/fields.hpp"

namespace roomstore::differential {

/// A model whose fields can be visited.
template <typename T>
concept Described = roomstore::detail::NamedModel<T> && !std::same_as<T, EventContent>;

template <typename T>
concept DescribedQuery = !query_type<T>.empty();

/// Calls `visit` with each field of `value`, in order.
template <typename T, typename Visit>
void for_each_field(T& value, Visit&& visit) {
    const auto field = [&](roomstore::detail::FieldName, auto& member, const auto&...) {
        visit(member);
    };
    if constexpr (DescribedQuery<std::remove_const_t<T>>) {
        describe_query(value, field);
    } else {
        roomstore::detail::visit_fields(value, field);
    }
}

/// Replaces one random field of `value`, or all of it if it has no fields, by that of `other`.
/// `random` gives numbers below a bound.
template <typename Random, typename T>
void vary(Random& random, T& value, const T& other) {
    if constexpr (Described<T> || DescribedQuery<T>) {
        // The same struct has the same fields in the same order.
        std::vector<const void*> fields;
        for_each_field(other, [&](const auto& field) { fields.push_back(&field); });
        const auto chosen = static_cast<std::size_t>(random.below(fields.size()));
        std::size_t position = 0;
        for_each_field(value, [&](auto& field) {
            if (position++ != chosen) return;
            vary(random,
                 field,
                 *static_cast<const std::remove_cvref_t<decltype(field)>*>(fields[chosen]));
        });
    } else if constexpr (std::same_as<T, std::vector<RoomEvent>>) {
        // A list of events: one is removed or changed, or the list is rotated.
        if (value.empty() || other.empty()) {
            value = other;
            return;
        }
        const auto position = static_cast<std::ptrdiff_t>(random.below(value.size()));
        const auto chosen = value.begin() + position;
        switch (random.below(3)) {
            case 0:
                value.erase(chosen);
                break;
            case 1:
                std::rotate(value.begin(), chosen, value.end());
                break;
            default:
                vary(random, *chosen, other.front());
        }
    } else {
        value = other;
    }
}

/// Like `vary`, with one of the arguments of a call.
template <typename Random, typename... Args>
void vary_one(Random& random, std::tuple<Args...>& arguments, const std::tuple<Args...>& other) {
    if constexpr (sizeof...(Args) > 0) {
        const auto chosen = static_cast<std::size_t>(random.below(sizeof...(Args)));
        const auto vary_chosen = [&]<std::size_t... positions>(std::index_sequence<positions...>) {
            ((positions == chosen
                  ? vary(random, std::get<positions>(arguments), std::get<positions>(other))
                  : void()),
             ...);
        };
        vary_chosen(std::index_sequence_for<Args...>{});
    }
}

}  // namespace roomstore::differential
