#pragma once

#include <string_view>

#include "roomstore/model/json_value.hpp"

// The JSON library determines once per type, at its first use, whether the type is convertible.
// Therefore the conversions, which are documented in model/json.hpp, are declared here, and each
// model gets its name before it is defined.
namespace roomstore {

namespace detail {

/// The name of a type that can be converted to JSON on its own; it is the root of the type's paths
/// in error texts. Empty for all other types.
template <typename Model>
inline constexpr std::string_view model_name{};

template <typename Model>
concept NamedModel = !model_name<Model>.empty();

}  // namespace detail

template <detail::NamedModel Model>
void to_json(Json& json, const Model& model);
template <detail::NamedModel Model>
void from_json(const Json& json, Model& model);

}  // namespace roomstore
