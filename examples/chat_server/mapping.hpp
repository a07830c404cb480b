#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <roomstore/model/event.hpp>
#include <roomstore/model/room.hpp>

#include "irc/message.hpp"
#include "session.hpp"

/// How IRC is written down in the store: a channel is a room, a private conversation a room of two,
/// a message an event, a nick a participant reached through a channel of its own.
namespace chat {

inline constexpr std::string_view channel_type = "irc";

/// What a message looks like on the wire, apart from where it is stored.
struct Post {
    /// PRIVMSG or NOTICE.
    std::string command{};
    /// `nick!user@host` of the sender.
    std::string source{};
    /// Channel or nick, as the sender wrote it.
    std::string target{};
    std::string text{};
    /// Client-only tags, to be relayed.
    std::vector<irc::Tag> tags{};
};

/// Room of a channel: its name, folded.
std::string channel_room_id(std::string_view channel);

/// Room of the private conversation between two nicks, whoever speaks first.
std::string private_room_id(std::string_view nick, std::string_view other);

/// Participant of a nick, inside every room.
std::string participant_id(std::string_view nick);

/// What a nick is reached through, and what its read markers are filed under.
std::string channel_id(std::string_view nick);

roomstore::Room make_channel_room(std::string_view channel);
roomstore::Room make_private_room(std::string_view nick, std::string_view other);

/// The string at `key`, or nothing: what other applications wrote there may be anything.
std::string text_at(const roomstore::Json& object, const char* key);

/// How the name of a channel is written; empty where the room does not say.
std::string room_name(const roomstore::Room& room);

/// The metadata by which channels are found among all rooms.
roomstore::Json channel_metadata();

/// Time is cut to what a `time` tag can say, so that a client can ask for what came after it.
roomstore::RoomEvent make_event(std::string room_id, const Post& post);

/// The message of an event, for `target` where it does not say itself. An event that another
/// application stored is a PRIVMSG of its participant, or a NOTICE where it has none.
Post read_event(const roomstore::RoomEvent& event, std::string_view target);

/// `YYYY-MM-DDThh:mm:ss.sssZ`, as IRCv3 server-time wants it.
std::string server_time(roomstore::Timestamp time);

/// The line of the message `post` of `event` for one client, with the tags that it asked for.
/// `batch` may be empty.
std::string render(const roomstore::RoomEvent& event,
                   const Post& post,
                   const Session& reader,
                   std::string_view batch);

}  // namespace chat
