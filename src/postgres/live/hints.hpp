#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "roomstore/detail/sip_hash.hpp"

/// The messages by which the processes on one schema tell each other which rooms have changed.
///
/// Every role may listen on any channel and send to it. A message therefore names rooms by a hash,
/// and says nothing that has to be true: a receiver only looks at the rooms.
namespace roomstore::postgres {

/// The key of the hash, from the schema's settings.
/// @param uuid  as the server writes it
/// @throws Error corrupt_data
detail::SipKey hint_key(std::string_view uuid);

/// The channel of the schema that has this key: at most 63 bytes, and an identifier without quotes.
std::string hint_channel(const detail::SipKey& key);

/// The key of the advisory lock that who listens holds.
std::int64_t listener_lock(const detail::SipKey& key);

std::uint64_t hint_of(const detail::SipKey& key, std::string_view room_id);

/// What a message says.
struct Hints {
    /// Identifies the process that sent it.
    std::uint64_t sender = 0;
    /// Any room may have changed.
    bool any = false;
    std::vector<std::uint64_t> rooms{};
    /// The sender has begun to listen.
    bool hello = false;
    /// It only proves that messages arrive: the number that the listener has chosen.
    std::optional<std::uint64_t> probe{};
};

/// The messages, each short enough for the server, that say that `rooms` have changed; a single one
/// that says that any room may have, if there were too many.
std::vector<std::string> write_hints(std::uint64_t sender, const std::vector<std::uint64_t>& rooms);
std::string write_any_hint(std::uint64_t sender);
std::string write_hello(std::uint64_t sender);
std::string write_probe(std::uint64_t sender, std::uint64_t number);

/// The message, or `nullopt` if no such process has written it.
std::optional<Hints> read_hints(std::string_view message);

/// Limits of `write_hints`.
inline constexpr std::size_t most_hint_bytes = 7900;  // the server takes 7999
inline constexpr std::size_t most_hint_messages = 16;

}  // namespace roomstore::postgres
