#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "roomstore/detail/text.hpp"
#include "roomstore/error.hpp"

/// Errors of calls that are refused because of stored data. All backends use the same texts.
namespace roomstore::detail {

/// `operation: what`.
inline Error refusal(errc code, std::string_view operation, std::string_view what) {
    std::string text(operation);
    text += ": ";
    text += what;
    return Error(code, std::move(text));
}

inline Error does_not_exist(std::string_view operation,
                            std::string_view noun,
                            std::string_view id) {
    return refusal(errc::not_found, operation, "no " + named(noun, id));
}

inline Error does_not_exist(std::string_view operation,
                            std::string_view noun,
                            std::string_view id,
                            std::string_view room_id) {
    return refusal(
        errc::not_found, operation, "no " + named(noun, id) + " in " + named("room", room_id));
}

inline Error no_room(std::string_view operation, std::string_view room_id) {
    return does_not_exist(operation, "room", room_id);
}

inline Error exists_already(std::string_view operation,
                            std::string_view noun,
                            std::string_view id) {
    return refusal(errc::already_exists, operation, named(noun, id) + " exists");
}

inline Error exists_already(std::string_view operation,
                            std::string_view noun,
                            std::string_view id,
                            std::string_view room_id) {
    return refusal(
        errc::already_exists, operation, named(noun, id) + " exists in " + named("room", room_id));
}

inline Error names_another_event(std::string_view operation,
                                 std::string_view event_id,
                                 std::string_view room_id) {
    return refusal(
        errc::already_exists,
        operation,
        "the id " + quoted(event_id) + " names another event of " + named("room", room_id));
}

inline Error partly_stored(std::string_view operation,
                           std::size_t stored,
                           std::size_t given,
                           std::string_view room_id) {
    return refusal(errc::already_exists,
                   operation,
                   std::to_string(stored) + " of " + std::to_string(given) +
                       " events are stored in " + named("room", room_id));
}

inline Error index_is_taken(std::string_view operation,
                            std::int64_t index,
                            std::string_view room_id) {
    return refusal(
        errc::conflict,
        operation,
        "index " + std::to_string(index) + " of " + named("room", room_id) + " is taken");
}

inline Error index_is_trimmed(std::string_view operation,
                              std::int64_t index,
                              std::string_view room_id,
                              std::int64_t first_index) {
    return refusal(errc::conflict,
                   operation,
                   "index " + std::to_string(index) + " of " + named("room", room_id) +
                       " is below its first index, " + std::to_string(first_index));
}

inline Error expected_other_index(std::string_view operation,
                                  std::string_view room_id,
                                  std::int64_t next,
                                  std::int64_t expected) {
    return refusal(errc::conflict,
                   operation,
                   "the next index of " + named("room", room_id) + " is " + std::to_string(next) +
                       ", not " + std::to_string(expected));
}

inline Error no_index_left(std::string_view operation, std::string_view room_id) {
    return refusal(
        errc::storage_full, operation, "too few indexes left in " + named("room", room_id));
}

}  // namespace roomstore::detail
