#pragma once

#include <roomstore/model/event.hpp>
#include <roomstore/model/room.hpp>

#include "irc.hpp"
#include "session.hpp"

/// How IRC is represented in the store: a channel is a room, a private conversation is a room of
/// two, a message is an event, and a nick is a participant with a channel binding of its own. The
/// id of a channel's room is its folded name, the participant id of a nick is the folded nick.
namespace chat {

inline constexpr std::string_view channel_type = "irc";

/// A message as it looks on the wire, independent of where it is stored.
struct Post {
    /// PRIVMSG or NOTICE.
    std::string command{};
    /// `nick!user@host` of the sender.
    std::string source{};
    /// Channel or nick, as the sender wrote it.
    std::string target{};
    std::string text{};
    /// The client-only tags, which are relayed.
    irc::Tags tags{};
};

/// The room id of the private conversation between two nicks, in either order.
std::string private_room_id(std::string_view nick, std::string_view other);

/// The channel id of a nick, which its bindings and read markers use.
std::string channel_id(std::string_view nick);

roomstore::Room make_channel_room(std::string_view channel);
roomstore::Room make_private_room(std::string_view nick, std::string_view other);

/// The metadata that distinguishes channels from other rooms.
roomstore::Json channel_metadata();

/// The string at `key`, or an empty one if there is something else or nothing.
std::string text_at(const roomstore::Json& object, const char* key);

/// The channel name as its creator wrote it; empty if the room has none.
std::string room_name(const roomstore::Room& room);

/// The event of a message. Its time is cut to milliseconds, the precision of a `time` tag, so that
/// a client can ask for what came after it.
roomstore::RoomEvent make_event(std::string room_id, const Post& post);

/// The message of an event; `target` is used if the event has no target. An event that another
/// application stored becomes a PRIVMSG from its participant, or a NOTICE if it has none.
Post read_event(const roomstore::RoomEvent& event, std::string_view target);

/// `YYYY-MM-DDThh:mm:ss.sssZ`, the format of IRCv3 server-time.
std::string server_time(roomstore::Timestamp time);

/// The line that shows `post`, the message of `event`, to one client, with the tags that the client
/// asked for. `batch` may be empty.
std::string render(const roomstore::RoomEvent& event,
                   const Post& post,
                   const Session& reader,
                   std::string_view batch);

}  // namespace chat
