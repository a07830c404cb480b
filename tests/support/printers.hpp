#pragma once

#include <concepts>
#include <string>

#ifndef CATCH_CONFIG_ENABLE_OPTIONAL_STRINGMAKER
#define CATCH_CONFIG_ENABLE_OPTIONAL_STRINGMAKER
#endif
#include <catch2/catch_tostring.hpp>

#include "roomstore/changes.hpp"
#include "roomstore/error.hpp"
#include "roomstore/model/binding.hpp"
#include "roomstore/model/event.hpp"
#include "roomstore/model/identity.hpp"
#include "roomstore/model/observation.hpp"
#include "roomstore/model/participant.hpp"
#include "roomstore/model/room.hpp"
#include "roomstore/model/task.hpp"

namespace roomstore::test {

/// Text for failed checks: JSON, with a replacement character for bytes that are not UTF-8. Defined
/// in printers.cpp, so that the conversions are not compiled in every test file.
/// @{
std::string show(const Json& json);
std::string show(const Room& room);
std::string show(const RoomEvent& event);
std::string show(const EventContent& content);
std::string show(const ChannelBinding& binding);
std::string show(const Participant& participant);
std::string show(const Identity& identity);
std::string show(const Task& task);
std::string show(const Observation& observation);
std::string show(const ThreadSummary& summary);
std::string show(const RoomCursor& cursor);
std::string show(const DeletedEvent& event);
std::string show(Timestamp time);
std::string show(const Error& error);
/// @}

template <typename T, typename... Us>
concept OneOf = (std::same_as<T, Us> || ...);

template <typename T>
concept Shown = OneOf<T,
                      Json,
                      Room,
                      RoomEvent,
                      EventContent,
                      ChannelBinding,
                      Participant,
                      Identity,
                      Task,
                      Observation,
                      ThreadSummary,
                      RoomCursor,
                      DeletedEvent,
                      Error>;

}  // namespace roomstore::test

template <roomstore::test::Shown T>
struct Catch::StringMaker<T> {
    static std::string convert(const T& value) { return roomstore::test::show(value); }
};

template <>
struct Catch::StringMaker<roomstore::Timestamp> {
    static std::string convert(roomstore::Timestamp time) { return roomstore::test::show(time); }
};
