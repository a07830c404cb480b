#include "mapping.hpp"

#include <algorithm>
#include <chrono>

#include "irc/text.hpp"

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

/// Turns an id that is not a nick into one: characters that separate words or masks are replaced.
std::string as_nick(std::string_view id) {
    std::string nick(irc::utf8_prefix(id, irc::max_nick_bytes));
    std::replace_if(
        nick.begin(),
        nick.end(),
        [](char c) {
            return static_cast<unsigned char>(c) <= 0x20 || c == '!' || c == '@' || c == ':';
        },
        '_');
    return nick;
}

/// Whether the text can be a middle parameter of a line.
bool is_word(std::string_view text) {
    return !text.empty() && text.front() != ':' &&
           std::none_of(text.begin(), text.end(), [](char c) {
               return static_cast<unsigned char>(c) <= 0x20;
           });
}

}  // namespace

std::string channel_room_id(std::string_view channel) { return irc::fold(channel); }

std::string private_room_id(std::string_view nick, std::string_view other) {
    std::string first = irc::fold(nick);
    std::string second = irc::fold(other);
    if (second < first) std::swap(first, second);
    return "private:" + first + ":" + second;
}

std::string participant_id(std::string_view nick) { return irc::fold(nick); }

std::string channel_id(std::string_view nick) { return "irc:" + irc::fold(nick); }

Json channel_metadata() { return {{"irc", {{"kind", "channel"}}}}; }

std::string text_at(const Json& object, const char* key) {
    if (!object.is_object()) return {};
    const auto found = object.find(key);
    if (found == object.end() || !found->is_string()) return {};
    return found->get<std::string>();
}

std::string room_name(const roomstore::Room& room) {
    std::string name = text_at(room.metadata, "name");
    return is_word(name) ? name : std::string();
}

roomstore::Room make_channel_room(std::string_view channel) {
    roomstore::Room room;
    room.id = channel_room_id(channel);
    room.metadata = channel_metadata();
    room.metadata["name"] = std::string(channel);
    return room;
}

roomstore::Room make_private_room(std::string_view nick, std::string_view other) {
    roomstore::Room room;
    room.id = private_room_id(nick, other);
    room.metadata = {{"irc", {{"kind", "private"}}}};
    return room;
}

roomstore::RoomEvent make_event(std::string room_id, const Post& post) {
    const std::string nick = post.source.substr(0, post.source.find('!'));
    roomstore::RoomEvent event;
    event.room_id = std::move(room_id);
    event.source.channel_id = channel_id(nick);
    event.source.channel_type = channel_type;
    event.source.participant_id = participant_id(nick);
    event.content = roomstore::TextContent{.body = post.text, .language = {}};
    event.created_at = std::chrono::floor<std::chrono::milliseconds>(event.created_at);
    Json irc = {{"command", post.command}, {"source", post.source}, {"target", post.target}};
    for (const auto& tag : post.tags) irc["tags"][tag.key] = tag.value;
    event.metadata["irc"] = std::move(irc);
    return event;
}

Post read_event(const roomstore::RoomEvent& event, std::string_view target) {
    Post post{.command = {},
              .source = {},
              .target = std::string(target),
              .text = text_of(event.content),
              .tags = {}};
    const auto irc = event.metadata.find("irc");
    if (irc != event.metadata.end()) {
        post.command = text_at(*irc, "command");
        post.source = text_at(*irc, "source");
        if (const auto own = text_at(*irc, "target"); is_word(own)) post.target = own;
        if (irc->is_object() && irc->contains("tags")) {
            for (const auto& [key, value] : (*irc)["tags"].items()) {
                if (value.is_string() && irc::is_client_only(key)) {
                    post.tags.push_back({.key = key, .value = value.get<std::string>()});
                }
            }
        }
    }
    if (post.command != "PRIVMSG" && post.command != "NOTICE") {
        post.command = event.source.participant_id ? "PRIVMSG" : "NOTICE";
    }
    if (!is_word(post.source)) {
        post.source = as_nick(event.source.participant_id.value_or(event.source.channel_id));
    }
    return post;
}

std::string server_time(roomstore::Timestamp time) {
    // to_iso8601 leaves out a fraction that is zero, but a tag always has three digits.
    const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(time);
    const auto seconds = std::chrono::floor<std::chrono::seconds>(milliseconds);
    std::string text = roomstore::to_iso8601(seconds);
    const std::string digits = std::to_string((milliseconds - seconds).count());
    text.pop_back();
    return text + "." + std::string(3 - digits.size(), '0') + digits + "Z";
}

std::string render(const roomstore::RoomEvent& event,
                   const Post& post,
                   const Session& reader,
                   std::string_view batch) {
    std::vector<irc::Tag> tags;
    if (!batch.empty() && reader.has(Cap::batch)) {
        tags.push_back({.key = "batch", .value = std::string(batch)});
    }
    if (reader.has(Cap::server_time)) {
        tags.push_back({.key = "time", .value = server_time(event.created_at)});
    }
    if (reader.has(Cap::message_tags)) {
        tags.push_back({.key = "msgid", .value = event.id});
        tags.insert(tags.end(), post.tags.begin(), post.tags.end());
    }
    return irc::serialize_tags(tags) + irc::serialize({.source = post.source,
                                                       .command = post.command,
                                                       .params = {post.target, post.text}});
}

}  // namespace chat
