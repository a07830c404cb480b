#pragma once

#include <array>
#include <bitset>
#include <map>

#include "connection.hpp"
#include "irc.hpp"

namespace chat {

class Conversation;
class ReadPosition;
struct ServerState;
using ConversationPtr = std::shared_ptr<Conversation>;

/// The IRCv3 capabilities that a client may ask for, and their names in the same order.
enum class Cap { message_tags, server_time, batch, chathistory, echo_message, standard_replies };
inline constexpr std::array<std::string_view, 6> cap_names{"message-tags",
                                                           "server-time",
                                                           "batch",
                                                           "draft/chathistory",
                                                           "echo-message",
                                                           "standard-replies"};
using Caps = std::bitset<cap_names.size()>;

/// A client: its connection, and what the server knows about it.
struct Session {
    using Params = std::vector<std::string_view>;

    const std::uint64_t id;
    const std::shared_ptr<Connection> connection;
    ServerState& server;

    std::string nick{};
    std::string user{};
    std::string realname{};
    bool registered = false;
    /// The client has sent `CAP LS` or `CAP REQ`; registration waits for `CAP END`.
    bool negotiating = false;
    Caps caps{};
    bool invisible = false;
    std::chrono::system_clock::time_point connected_at = std::chrono::system_clock::now();
    std::chrono::steady_clock::time_point active_at = std::chrono::steady_clock::now();
    std::uint64_t batches = 0;
    /// The channels and private conversations that it is a member of, by room id.
    std::map<std::string, ConversationPtr> conversations{};

    bool has(Cap cap) const { return caps.test(static_cast<std::size_t>(cap)); }

    /// The nick, or `*` while there is none.
    std::string_view name() const noexcept { return nick.empty() ? std::string_view("*") : nick; }

    /// `nick!user@host`.
    std::string mask() const { return nick + "!" + user + "@" + connection->host(); }

    std::vector<ConversationPtr> channels() const;

    /// The channel if the client has joined it, else null.
    ConversationPtr joined(std::string_view channel) const;

    /// Ends all memberships, and returns how far the client has read in each conversation.
    std::vector<std::pair<ConversationPtr, ReadPosition>> leave_all();

    void send(const irc::Line& line) const { connection->send(irc::serialize(line)); }
    void send_from_server(std::string_view command, Params params) const;

    /// Sends the line once to every other client that shares a channel with this one.
    void send_to_others(const irc::Line& line) const;

    /// Sends a numeric reply (RFC 2812, section 5; modern.ircdocs.horse lists all that are in use).
    /// The client's name is added in front of the parameters.
    void reply(std::string_view numeric, const Params& params) const;

    /// Reports a failure: as a standard reply to a client that knows them, as a notice to all
    /// others. The parameters are the command, a code, what the command was about, and a text.
    void fail(const Params& params) const;
};

using SessionPtr = std::shared_ptr<Session>;

}  // namespace chat
