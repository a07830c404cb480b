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

const std::unordered_map<std::string, Entry> table{
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

}  // namespace

awaitable<void> run(SessionPtr session, std::string line) {
    if (!irc::fits(line)) co_return session->reply("417", {"Input line was too long"});
    if (roomstore::detail::find_text_fault(line)) {
        co_return session->send_from_server(
            "FAIL", {"*", "INVALID_UTF8", "Message rejected: only UTF-8 without NUL is relayed"});
    }
    auto message = irc::parse(line);
    if (!message) co_return;
    const auto found = table.find(message->command);
    const Entry* const command = found == table.end() ? nullptr : &found->second;
    const std::string name = irc::quotable(message->command);
    if (!session->registered && (!command || command->phase == Phase::registered)) {
        co_return session->reply("451", {"You have not registered"});
    }
    if (!command) co_return session->reply("421", {name, "Unknown command"});
    if (message->params.size() < command->params) {
        co_return session->reply("461", {name, "Not enough parameters"});
    }
    const std::string context = irc::quotable(message->param(0));
    try {
        co_await command->run(session, std::move(*message));
    } catch (const roomstore::Error& error) {
        log_error(name + " " + context, error);
        std::string reason = "the message store says: " + error.code().message();
        if (error.retryable()) reason += "; please try again later";
        session->fail({name, "STORE_ERROR", context, reason});
    }
}

}  // namespace chat::commands
