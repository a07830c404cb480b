#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include <roomstore/detail/text.hpp>

#include "../irc/numerics.hpp"
#include "../irc/text.hpp"
#include "commands.hpp"

namespace chat::commands {

namespace {

enum class Phase { any, registered };

struct Command {
    asio::awaitable<void> (*run)(ServerState&, SessionPtr, irc::Message);
    Phase phase = Phase::registered;
    std::size_t params = 0;
};

const Command* find_command(const std::string& name) {
    static const std::unordered_map<std::string, Command> table{
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
        {"PRIVMSG", {privmsg, Phase::registered, 0}},
        {"NOTICE", {notice, Phase::registered, 0}},
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
std::optional<irc::Message> read_line(Session& session, const std::string& line) {
    if (!irc::fits(line)) {
        session.reply(irc::err_inputtoolong, {"Input line was too long"});
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

asio::awaitable<void> run(ServerState& state, SessionPtr session, std::string line) {
    auto message = read_line(*session, line);
    if (!message) co_return;
    const Command* command = find_command(message->command);
    const std::string name = irc::quotable(message->command);
    if (!session->registered && (!command || command->phase == Phase::registered)) {
        session->reply(irc::err_notregistered, {"You have not registered"});
        co_return;
    }
    if (!command) {
        session->reply(irc::err_unknowncommand, {name, "Unknown command"});
        co_return;
    }
    if (message->params.size() < command->params) {
        session->reply(irc::err_needmoreparams, {name, "Not enough parameters"});
        co_return;
    }
    const std::string context =
        message->params.empty() ? name : irc::quotable(message->params.front());
    std::optional<roomstore::Error> failure;
    try {
        co_await command->run(state, session, std::move(*message));
    } catch (const roomstore::Error& error) {
        failure = error;
    }
    if (failure) report_store_error(*session, name, context, *failure);
}

}  // namespace chat::commands
