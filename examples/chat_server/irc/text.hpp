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

/// Turns ASCII letters into upper case and leaves everything else as it is.
std::string to_upper(std::string_view text);

/// The form in which nicks and channel names are compared: CASEMAPPING=ascii.
std::string fold(std::string_view name);

/// Whether the name begins with a letter or one of []\`_^{|}, goes on with these, digits and
/// hyphens, and has at most `max_nick_bytes`.
bool is_nick(std::string_view name);

/// Whether the name is `#` and at least one more byte, without spaces, commas, colons and control
/// characters, and has at most `max_channel_bytes`.
bool is_channel(std::string_view name);

/// The longest prefix of `text` with at most `max_bytes` that does not end inside a character.
std::string_view utf8_prefix(std::string_view text, std::size_t max_bytes);

/// A word that a client sent, in a form that is safe in the middle of a reply: shortened if it is
/// long, `*` if it cannot be a middle parameter.
std::string quotable(std::string_view word);

/// The non-empty parts between commas.
std::vector<std::string> split_list(std::string_view list);

}  // namespace chat::irc
