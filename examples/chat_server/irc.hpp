#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The lines of the protocol.
namespace chat::irc {

/// The longest line, line end included, tags not included (RFC 2812, section 2.3).
inline constexpr std::size_t max_line_bytes = 512;
/// The longest tag section of a client, `@` and the space included (IRCv3 message-tags).
inline constexpr std::size_t max_client_tags_bytes = 4096;
inline constexpr std::size_t max_nick_bytes = 30;
inline constexpr std::size_t max_user_bytes = 10;
inline constexpr std::size_t max_realname_bytes = 100;
inline constexpr std::size_t max_channel_bytes = 50;
inline constexpr std::size_t max_topic_bytes = 300;

/// Message tags: the unescaped values by key.
using Tags = std::map<std::string, std::string>;

/// One parsed line of the protocol.
struct Message {
    Tags tags{};
    /// Without the colon. Servers ignore the source that a client sends.
    std::string source{};
    /// In upper case.
    std::string command{};
    std::vector<std::string> params{};

    /// The parameter, or an empty string if there are not so many.
    std::string param(std::size_t i) const { return i < params.size() ? params[i] : ""; }

    bool operator==(const Message&) const = default;
};

/// Parses a line without its line end. Empty if the line has no command.
std::optional<Message> parse(std::string_view line);

/// Whether both parts of a line (without its line end) are within the limits above.
bool fits(std::string_view line);

/// The parts of a line to send. The last of `params` is the trailing parameter and always written
/// with a colon; the others must be words (see `is_word`).
struct Line {
    std::string_view source{};
    std::string_view command{};
    std::vector<std::string_view> params{};
};

/// The line with its line end and without tags. CR, LF and NUL become spaces, and a line that is
/// too long is cut between two characters. No text from a store can thus forge a second line.
std::string serialize(const Line& line);

/// The length of the line if `serialize` did not cut it.
std::size_t uncut_size(const Line& line);

/// `@key=value;... ` with escaped values; an empty string if there are no tags.
std::string serialize_tags(const Tags& tags);

/// Whether tags with this key are relayed between clients: `+`, then letters, digits and `-./`.
bool is_client_only(std::string_view tag_key);

/// Changes ASCII letters to upper case.
std::string to_upper(std::string_view text);

/// The form in which nicks and channel names are compared: CASEMAPPING=ascii.
std::string fold(std::string_view name);

/// Whether the character is an ASCII letter, a digit or in `others`.
bool is_plain(char c, std::string_view others);

/// Whether the text can be a middle parameter of a line.
bool is_word(std::string_view text);

/// Whether the name begins with a letter or one of []\`_^{|}, goes on with these, digits and
/// hyphens, and has at most `max_nick_bytes`.
bool is_nick(std::string_view name);

/// Whether the name is `#` and at least one more byte, without spaces, commas, colons and control
/// characters, and has at most `max_channel_bytes`.
bool is_channel(std::string_view name);

/// The longest prefix of `text` with at most `max_bytes` that does not end inside a character.
std::string_view utf8_prefix(std::string_view text, std::size_t max_bytes);

/// A text that a client sent, in a form that is safe in the middle of a reply: shortened if it is
/// long, `*` if it is not a word.
std::string quotable(std::string_view text);

/// The non-empty parts between separators.
std::vector<std::string> split_list(std::string_view list, char separator = ',');

}  // namespace chat::irc
