#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chat::irc {

/// Longest line without its tags, line end included (RFC 2812, section 2.3).
inline constexpr std::size_t max_line_bytes = 512;
/// Longest tag section that a client may send, `@` and the space included (IRCv3 message-tags).
inline constexpr std::size_t max_client_tags_bytes = 4096;

/// A message tag. `value` is unescaped.
struct Tag {
    std::string key{};
    std::string value{};
    bool operator==(const Tag&) const = default;
};

/// One line of the protocol, taken apart.
struct Message {
    std::vector<Tag> tags{};
    /// Without the colon; what a client claims here is ignored by servers.
    std::string source{};
    /// In upper case.
    std::string command{};
    std::vector<std::string> params{};
    bool operator==(const Message&) const = default;
};

/// Whether the key is one that clients may have relayed: `+`, then letters, digits, `-`, `.`, `/`.
bool is_client_only(std::string_view tag_key);

/// Takes apart a line that carries no line end. Nothing where there is no command.
std::optional<Message> parse(std::string_view line);

/// Whether a line (without line end) keeps to the limits above, each part for itself.
bool fits(std::string_view line);

/// What to put together. The last of `params` becomes the trailing parameter, always written with
/// its colon; the others must neither be empty nor hold a space nor begin with a colon.
struct Line {
    std::string_view source{};
    std::string_view command{};
    std::vector<std::string_view> params{};
};

/// The line with its line end and without tags. Whatever could end the line early becomes a space,
/// and what is too long is cut between two characters: no text that a store returns can forge a
/// second line.
std::string serialize(const Line& line);

/// How long `serialize` would have to make the line in order to cut nothing.
std::size_t uncut_size(const Line& line);

/// `@key=value;... ` with values escaped, or nothing where there are no tags.
std::string serialize_tags(const std::vector<Tag>& tags);

}  // namespace chat::irc
