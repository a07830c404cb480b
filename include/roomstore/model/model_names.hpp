#pragma once

#include <string_view>

#include "roomstore/model/json_value.hpp"

// The JSON library decides once, where it first meets a type, whether the type is convertible. So
// every model declares its conversions, which model/json.hpp describes, before it is defined.
namespace roomstore {

struct Room;
struct RoomTimers;
struct RoomEvent;
struct EventSource;
class EventContent;
struct ChannelData;
struct ThreadSummary;
struct ChannelBinding;
struct ChannelCapabilities;
struct RateLimit;
struct RetryPolicy;
struct Participant;
struct Identity;
struct Task;
struct Observation;

namespace detail {

/// The names of the types that are JSON values of their own and begin a path.
template <typename Model>
inline constexpr std::string_view model_name{};
template <>
inline constexpr std::string_view model_name<Room> = "Room";
template <>
inline constexpr std::string_view model_name<RoomTimers> = "RoomTimers";
template <>
inline constexpr std::string_view model_name<RoomEvent> = "RoomEvent";
template <>
inline constexpr std::string_view model_name<EventSource> = "EventSource";
template <>
inline constexpr std::string_view model_name<EventContent> = "EventContent";
template <>
inline constexpr std::string_view model_name<ChannelData> = "ChannelData";
template <>
inline constexpr std::string_view model_name<ThreadSummary> = "ThreadSummary";
template <>
inline constexpr std::string_view model_name<ChannelBinding> = "ChannelBinding";
template <>
inline constexpr std::string_view model_name<ChannelCapabilities> = "ChannelCapabilities";
template <>
inline constexpr std::string_view model_name<RateLimit> = "RateLimit";
template <>
inline constexpr std::string_view model_name<RetryPolicy> = "RetryPolicy";
template <>
inline constexpr std::string_view model_name<Participant> = "Participant";
template <>
inline constexpr std::string_view model_name<Identity> = "Identity";
template <>
inline constexpr std::string_view model_name<Task> = "Task";
template <>
inline constexpr std::string_view model_name<Observation> = "Observation";

template <typename Model>
concept NamedModel = !model_name<Model>.empty();

}  // namespace detail

template <detail::NamedModel Model>
void to_json(Json& json, const Model& model);
template <detail::NamedModel Model>
void from_json(const Json& json, Model& model);

}  // namespace roomstore
