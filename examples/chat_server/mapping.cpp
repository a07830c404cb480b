#include "mapping.hpp"

#include <algorithm>

namespace chat {

namespace {

using roomstore::Json;

std::string text_of(const roomstore::EventContent& content) {
    if (const auto* text = content.get_if<roomstore::TextContent>()) return text->body;
    if (const auto* rich = content.get_if<roomstore::RichContent>()) {
        return rich->plain_text.value_or(rich->body);
    }
    if (const auto* system = content.get_if<roomstore::SystemContent>()) return system->body;
    return "[" + std::string(content.type()) + "]";
}

/// The value at `key`, or null: other applications may have stored anything there.
Json value_at(const Json& object, const char* key) {
    return object.is_object() ? object.value(key, Json()) : Json();
}

/// Turns an id that is not a nick into one: characters that separate words or masks are replaced.
std::string as_nick(std::string_view id) {
    std::string nick(irc::utf8_prefix(id, irc::max_nick_bytes));
    const auto separates = [](unsigned char c) {
        return c <= 0x20 || c == '!' || c == '@' || c == ':';
    };
    std::ranges::replace_if(nick, separates, '_');
    return nick;
}

}  // namespace

std::string private_room_id(std::string_view nick, std::string_view other) {
    const auto [first, second] = std::minmax({irc::fold(nick), irc::fold(other)});
    return "private:" + first + ":" + second;
}

std::string channel_id(std::string_view nick) { return "irc:" + irc::fold(nick); }

roomstore::Room make_channel_room(std::string_view channel) {
    roomstore::Room room{.id = irc::fold(channel), .metadata = channel_metadata()};
    room.metadata["name"] = std::string(channel);
    return room;
}

roomstore::Room make_private_room(std::string_view nick, std::string_view other) {
    return {.id = private_room_id(nick, other), .metadata = {{"irc", {{"kind", "private"}}}}};
}

Json channel_metadata() { return {{"irc", {{"kind", "channel"}}}}; }

std::string text_at(const Json& object, const char* key) {
    const Json value = value_at(object, key);
    return value.is_string() ? value.get<std::string>() : std::string();
}

std::string room_name(const roomstore::Room& room) {
    std::string name = text_at(room.metadata, "name");
    return irc::is_word(name) ? name : std::string();
}

roomstore::RoomEvent make_event(std::string room_id, const Post& post) {
    const std::string nick = post.source.substr(0, post.source.find('!'));
    roomstore::RoomEvent event;
    event.room_id = std::move(room_id);
    event.source.channel_id = channel_id(nick);
    event.source.channel_type = channel_type;
    event.source.participant_id = irc::fold(nick);
    event.content = roomstore::TextContent{.body = post.text, .language = {}};
    event.created_at = std::chrono::floor<std::chrono::milliseconds>(event.created_at);
    Json irc = {{"command", post.command}, {"source", post.source}, {"target", post.target}};
    if (!post.tags.empty()) irc["tags"] = post.tags;
    event.metadata["irc"] = std::move(irc);
    return event;
}

Post read_event(const roomstore::RoomEvent& event, std::string_view target) {
    const Json irc = value_at(event.metadata, "irc");
    Post post{.command = text_at(irc, "command"),
              .source = text_at(irc, "source"),
              .target = text_at(irc, "target"),
              .text = text_of(event.content)};
    if (post.command != "PRIVMSG" && post.command != "NOTICE") {
        post.command = event.source.participant_id ? "PRIVMSG" : "NOTICE";
    }
    if (!irc::is_word(post.source)) {
        post.source = as_nick(event.source.participant_id.value_or(event.source.channel_id));
    }
    if (!irc::is_word(post.target)) post.target = target;
    const Json tags = value_at(irc, "tags");
    for (const auto& [key, value] : tags.items()) {
        if (irc::is_client_only(key)) post.tags[key] = text_at(tags, key.c_str());
    }
    return post;
}

std::string server_time(roomstore::Timestamp time) {
    std::string text = roomstore::to_iso8601(time);
    text.pop_back();
    // The text has six digits of a fraction or none, but a tag always has three.
    if (text.find('.') == std::string::npos) text += ".000000";
    text.resize(text.size() - 3);
    return text + "Z";
}

std::string render(const roomstore::RoomEvent& event,
                   const Post& post,
                   const Session& reader,
                   std::string_view batch) {
    irc::Tags tags;
    if (reader.has(Cap::message_tags)) {
        tags = post.tags;
        tags["msgid"] = event.id;
    }
    if (reader.has(Cap::server_time)) tags["time"] = server_time(event.created_at);
    if (!batch.empty()) tags["batch"] = batch;
    return irc::serialize_tags(tags) +
           irc::serialize({post.source, post.command, {post.target, post.text}});
}

}  // namespace chat
