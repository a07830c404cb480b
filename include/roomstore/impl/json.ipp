#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "roomstore/detail/field_path.hpp"
#include "roomstore/detail/read_json.hpp"
#include "roomstore/detail/write_json.hpp"
#include "roomstore/model/json.hpp"

namespace roomstore {

std::size_t detail::read_enum_position(const Json& json,
                                       const std::string_view* names,
                                       std::size_t count) {
    return read_enum_position(FieldPath("value"), json, names, count);
}

const std::string& detail::read_name(const Json& json) {
    return string_of(FieldPath("value"), json);
}

template <detail::NamedModel Model>
void to_json(Json& json, const Model& model) {
    json = detail::write_json(detail::FieldPath(detail::model_name<Model>), model, {});
}

template <detail::NamedModel Model>
void from_json(const Json& json, Model& model) {
    Model fresh;
    detail::read_json(detail::FieldPath(detail::model_name<Model>), json, {}, fresh);
    model = std::move(fresh);
}

// One pair for each model that has a `model_name`; a missing pair causes a link error.
template void to_json(Json&, const Room&);
template void from_json(const Json&, Room&);
template void to_json(Json&, const RoomTimers&);
template void from_json(const Json&, RoomTimers&);
template void to_json(Json&, const RoomEvent&);
template void from_json(const Json&, RoomEvent&);
template void to_json(Json&, const EventSource&);
template void from_json(const Json&, EventSource&);
template void to_json(Json&, const EventContent&);
template void from_json(const Json&, EventContent&);
template void to_json(Json&, const ChannelData&);
template void from_json(const Json&, ChannelData&);
template void to_json(Json&, const ThreadSummary&);
template void from_json(const Json&, ThreadSummary&);
template void to_json(Json&, const ChannelBinding&);
template void from_json(const Json&, ChannelBinding&);
template void to_json(Json&, const ChannelCapabilities&);
template void from_json(const Json&, ChannelCapabilities&);
template void to_json(Json&, const RateLimit&);
template void from_json(const Json&, RateLimit&);
template void to_json(Json&, const RetryPolicy&);
template void from_json(const Json&, RetryPolicy&);
template void to_json(Json&, const Participant&);
template void from_json(const Json&, Participant&);
template void to_json(Json&, const Identity&);
template void from_json(const Json&, Identity&);
template void to_json(Json&, const Task&);
template void from_json(const Json&, Task&);
template void to_json(Json&, const Observation&);
template void from_json(const Json&, Observation&);
template void to_json(Json&, const Page&);
template void from_json(const Json&, Page&);
template void to_json(Json&, const RoomFilter&);
template void from_json(const Json&, RoomFilter&);
template void to_json(Json&, const LatestRoomFilter&);
template void from_json(const Json&, LatestRoomFilter&);
template void to_json(Json&, const ChannelLookup&);
template void from_json(const Json&, ChannelLookup&);
template void to_json(Json&, const EventFilter&);
template void from_json(const Json&, EventFilter&);
template void to_json(Json&, const EventQuery&);
template void from_json(const Json&, EventQuery&);
template void to_json(Json&, const ConversationQuery&);
template void from_json(const Json&, ConversationQuery&);
template void to_json(Json&, const TimelineQuery&);
template void from_json(const Json&, TimelineQuery&);
template void to_json(Json&, const AppendOptions&);
template void from_json(const Json&, AppendOptions&);
template void to_json(Json&, const RoomContext&);
template void from_json(const Json&, RoomContext&);

}  // namespace roomstore
