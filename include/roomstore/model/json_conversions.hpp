#pragma once

#include <string_view>

#include "roomstore/model/json_value.hpp"

// The JSON library decides once, where it first meets a type, whether the type is convertible. So
// the conversions, which model/json.hpp describes, are declared here, and each model is given its
// name before it is defined.
namespace roomstore {

namespace detail {

/// The name of a type that is a JSON value of its own and begins a path; empty for all others.
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
