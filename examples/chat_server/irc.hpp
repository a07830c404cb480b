#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chat::irc {

/// The longest line, line end included, tags not included (RFC 2812, section 2.3).
inline constexpr std::size_t max_line_bytes = 512;
/// The longest tag section of a client, `@` and the space included (IRCv3 message-tags).
inline constexpr std::size_t max_client_tags_bytes = 4096;

/// A message tag. `value` is unescaped.
struct Tag {
    std::string key{};
    std::string value{};
    bool operator==(const Tag&) const = default;
};

/// One parsed line of the protocol.
struct Message {
    std::vector<Tag> tags{};
    /// Without the colon. Servers ignore the source that a client sends.
    std::string source{};
    /// In upper case.
    std::string command{};
    std::vector<std::string> params{};
    bool operator==(const Message&) const = default;
};

/// Whether tags with this key are relayed between clients: `+`, then letters, digits, `-`, `.`,
/// `/`.
bool is_client_only(std::string_view tag_key);

/// Parses a line without its line end. Empty if the line has no command.
std::optional<Message> parse(std::string_view line);

/// Whether both parts of a line (without its line end) are within the limits above.
bool fits(std::string_view line);

/// The parts of a line to send. The last of `params` is the trailing parameter and always written
/// with a colon; the others must not be empty, contain a space or begin with a colon.
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
std::string serialize_tags(const std::vector<Tag>& tags);

}  // namespace chat::irc
