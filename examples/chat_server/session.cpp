#include "session.hpp"

#include <vector>

#include "irc/message.hpp"

namespace chat {

void Session::send_from_server(std::string_view command,
                               std::initializer_list<std::string_view> params) {
    connection->send(irc::serialize({.source = server_name, .command = command, .params = params}));
}

void Session::reply(std::string_view numeric, std::initializer_list<std::string_view> params) {
    std::vector<std::string_view> all{name()};
    all.insert(all.end(), params);
    connection->send(irc::serialize({.source = server_name, .command = numeric, .params = all}));
}

void Session::notice(std::string_view target, std::string_view text) {
    send_from_server("NOTICE", {target, text});
}

void Session::fail(std::string_view command,
                   std::string_view code,
                   std::string_view context,
                   std::string_view text) {
    if (has(Cap::standard_replies)) {
        send_from_server("FAIL", {command, code, context, text});
        return;
    }
    notice(name(), std::string(command) + " " + std::string(context) + ": " + std::string(text));
}

}  // namespace chat
