#include <roomstore/detail/text.hpp>

#include "commands.hpp"

namespace chat::commands {

namespace {

enum class Phase { any, registered };

struct Entry {
    Command* run;
    Phase phase;
    /// The number of parameters that the command needs at least.
    std::size_t params;
};

const Entry* find_command(const std::string& name) {
    static const std::unordered_map<std::string, Entry> table{
        {"PASS", {pass, Phase::any, 1}},
        {"NICK", {nick, Phase::any, 0}},
        {"USER", {user, Phase::any, 4}},
        {"CAP", {cap, Phase::any, 1}},
        {"PING", {ping, Phase::any, 0}},
        {"PONG", {pong, Phase::any, 0}},
        {"QUIT", {quit, Phase::any, 0}},
        {"JOIN", {join, Phase::registered, 1}},
        {"PART", {part, Phase::registered, 1}},
        {"TOPIC", {topic, Phase::registered, 1}},
        {"PRIVMSG", {say, Phase::registered, 0}},
        {"NOTICE", {say, Phase::registered, 0}},
        {"TAGMSG", {tagmsg, Phase::registered, 0}},
        {"CHATHISTORY", {chathistory, Phase::registered, 0}},
        {"NAMES", {names, Phase::registered, 0}},
        {"LIST", {list, Phase::registered, 0}},
        {"WHO", {who, Phase::registered, 0}},
        {"WHOIS", {whois, Phase::registered, 0}},
        {"MODE", {mode, Phase::registered, 1}},
        {"MOTD", {motd, Phase::registered, 0}},
        {"ISON", {ison, Phase::registered, 1}},
        {"USERHOST", {userhost, Phase::registered, 1}},
    };
    const auto found = table.find(name);
    return found == table.end() ? nullptr : &found->second;
}

/// Parses a line. A malformed line is answered with an error and has no other effect.
std::optional<irc::Message> read_line(const Session& session, const std::string& line) {
    if (!irc::fits(line)) {
        session.reply("417", {"Input line was too long"});
        return std::nullopt;
    }
    if (roomstore::detail::find_text_fault(line)) {
        session.send_from_server(
            "FAIL", {"*", "INVALID_UTF8", "Message rejected: only UTF-8 without NUL is relayed"});
        return std::nullopt;
    }
    return irc::parse(line);
}

}  // namespace

awaitable<void> run(ServerState& state, SessionPtr session, std::string line) {
    auto message = read_line(*session, line);
    if (!message) co_return;
    const Entry* command = find_command(message->command);
    const std::string name = irc::quotable(message->command);
    if (!session->registered && (!command || command->phase == Phase::registered)) {
        co_return session->reply("451", {"You have not registered"});
    }
    if (!command) co_return session->reply("421", {name, "Unknown command"});
    if (message->params.size() < command->params) {
        co_return session->reply("461", {name, "Not enough parameters"});
    }
    const std::string context =
        message->params.empty() ? name : irc::quotable(message->params.front());
    try {
        co_await command->run(state, session, std::move(*message));
    } catch (const roomstore::Error& error) {
        log_error(name + " " + context, error);
        const std::string advice = error.retryable() ? "; please try again later" : "";
        const std::string reason = "the message store says: " + error.code().message() + advice;
        session->fail(name, "STORE_ERROR", context, reason);
    }
}

}  // namespace chat::commands
