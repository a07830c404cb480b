#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace chat::irc {

inline constexpr std::size_t max_nick_bytes = 30;
inline constexpr std::size_t max_user_bytes = 10;
inline constexpr std::size_t max_realname_bytes = 100;
inline constexpr std::size_t max_channel_bytes = 50;
inline constexpr std::size_t max_topic_bytes = 300;

/// ASCII letters in upper case, all else as it is.
std::string to_upper(std::string_view text);

/// The form by which nicks and channel names compare: CASEMAPPING=ascii.
std::string fold(std::string_view name);

/// A letter or one of []\`_^{|} first, then also digits and hyphens; at most `max_nick_bytes`.
bool is_nick(std::string_view name);

/// `#` and at least one byte more; no spaces, commas, colons or control characters; at most
/// `max_channel_bytes`.
bool is_channel(std::string_view name);

/// The longest beginning of `text` with at most `max_bytes` that does not end inside a character.
std::string_view utf8_prefix(std::string_view text, std::size_t max_bytes);

/// What a client sent, as it may stand in the middle of a reply: `*` where it cannot, shortened
/// where it is long.
std::string quotable(std::string_view word);

/// The parts between commas, empty ones left out.
std::vector<std::string> split_list(std::string_view list);

}  // namespace chat::irc
