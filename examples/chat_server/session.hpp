#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "connection.hpp"

namespace chat {

class Conversation;

/// The IRCv3 capabilities that a client may ask for.
enum class Cap : unsigned {
    message_tags = 1U << 0U,
    server_time = 1U << 1U,
    batch = 1U << 2U,
    chathistory = 1U << 3U,
    echo_message = 1U << 4U,
    standard_replies = 1U << 5U,
};

inline constexpr std::array<std::pair<std::string_view, Cap>, 6> cap_names{
    {{"message-tags", Cap::message_tags},
     {"server-time", Cap::server_time},
     {"batch", Cap::batch},
     {"draft/chathistory", Cap::chathistory},
     {"echo-message", Cap::echo_message},
     {"standard-replies", Cap::standard_replies}}};

/// A client: its connection, and what the server knows about it.
struct Session {
    Session(std::uint64_t session_id,
            std::shared_ptr<Connection> its_connection,
            const std::string& its_server_name)
        : id(session_id), connection(std::move(its_connection)), server_name(its_server_name) {}

    const std::uint64_t id;
    const std::shared_ptr<Connection> connection;
    const std::string& server_name;

    std::string nick{};
    std::string user{};
    std::string realname{};
    bool registered = false;
    /// The client has sent `CAP LS` or `CAP REQ`; registration waits for `CAP END`.
    bool negotiating = false;
    unsigned caps = 0;
    bool invisible = false;
    std::chrono::system_clock::time_point connected_at = std::chrono::system_clock::now();
    std::chrono::steady_clock::time_point active_at = std::chrono::steady_clock::now();
    std::uint64_t batches = 0;
    /// Channels and private conversations by room id.
    std::map<std::string, std::shared_ptr<Conversation>> conversations{};

    bool has(Cap cap) const noexcept { return (caps & static_cast<unsigned>(cap)) != 0; }

    /// The nick, or `*` while there is none.
    std::string_view name() const noexcept { return nick.empty() ? std::string_view("*") : nick; }

    /// `nick!user@host`.
    std::string mask() const { return nick + "!" + user + "@" + connection->host(); }

    /// Sends a line from the server. The last parameter is the trailing one.
    void send_from_server(std::string_view command, std::initializer_list<std::string_view> params);

    /// Sends a numeric reply. The client's name is added in front of the parameters.
    void reply(std::string_view numeric, std::initializer_list<std::string_view> params);

    /// Sends a notice from the server; the client shows it in the window of `target`, a channel or
    /// the client itself.
    void notice(std::string_view target, std::string_view text);

    /// Reports a failure: as a standard reply to a client that knows them, as a notice to all
    /// others. `command` is what the client sent, `context` is what the command was about.
    void fail(std::string_view command,
              std::string_view code,
              std::string_view context,
              std::string_view text);
};

using SessionPtr = std::shared_ptr<Session>;

}  // namespace chat
