#pragma once

#include <array>
#include <map>

#include "connection.hpp"
#include "irc.hpp"

namespace chat {

class Conversation;
using ConversationPtr = std::shared_ptr<Conversation>;
struct Session;
using SessionPtr = std::shared_ptr<Session>;

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
    using Params = std::vector<std::string_view>;

    Session(std::uint64_t its_id,
            std::shared_ptr<Connection> its_connection,
            std::string its_server)
        : id(its_id), connection(std::move(its_connection)), server_name(std::move(its_server)) {}

    const std::uint64_t id;
    const std::shared_ptr<Connection> connection;
    const std::string server_name;

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
    std::map<std::string, ConversationPtr> conversations{};

    bool has(Cap cap) const noexcept { return (caps & static_cast<unsigned>(cap)) != 0; }

    /// The nick, or `*` while there is none.
    std::string_view name() const noexcept { return nick.empty() ? std::string_view("*") : nick; }

    /// `nick!user@host`.
    std::string mask() const { return nick + "!" + user + "@" + connection->host(); }

    std::vector<ConversationPtr> channels() const;

    /// The channel if the client has joined it, else null.
    ConversationPtr joined(std::string_view channel) const;

    /// All other clients that share a channel with the client.
    std::vector<SessionPtr> audience() const;

    void send(const irc::Line& line) const { connection->send(irc::serialize(line)); }

    void send_from_server(std::string_view command, Params params) const;

    /// Sends a numeric reply (RFC 2812, section 5; modern.ircdocs.horse lists all that are in use).
    /// The client's name is added in front of the parameters.
    void reply(std::string_view numeric, const Params& params) const;

    /// Sends a notice from the server; the client shows it in the window of `target`, a channel or
    /// the client itself.
    void notice(std::string_view target, std::string_view text) const;

    /// Reports a failure: as a standard reply to a client that knows them, as a notice to all
    /// others. `command` is what the client sent, `context` is what the command was about.
    void fail(std::string_view command,
              std::string_view code,
              std::string_view context,
              std::string_view text) const;
};

}  // namespace chat
