#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "../irc/numerics.hpp"
#include "../irc/text.hpp"
#include "commands.hpp"

// https://ircv3.net/specs/extensions/chathistory

namespace chat::commands {

namespace {

using roomstore::EventQuery;
using roomstore::RoomEvent;
using roomstore::Timestamp;

struct MessageId {
    std::string id;
};
struct Newest {};
/// The reference point of a page of history.
using Selector = std::variant<Newest, MessageId, Timestamp>;

struct Request {
    std::string subcommand{};
    std::string target{};
    Selector selector{};
    std::int64_t limit = 0;
};

void fail(Session& session,
          std::string_view code,
          std::initializer_list<std::string_view> context,
          std::string_view text) {
    std::vector<std::string_view> params{"CHATHISTORY", code};
    params.insert(params.end(), context);
    params.push_back(text);
    session.connection->send(
        irc::serialize({.source = session.server_name, .command = "FAIL", .params = params}));
}

std::optional<Selector> parse_selector(const std::string& text, bool may_be_newest) {
    const std::string_view view(text);
    if (view == "*" && may_be_newest) return Newest{};
    if (view.starts_with("msgid=") && view.size() > 6) return MessageId{text.substr(6)};
    if (view.starts_with("timestamp=")) {
        if (const auto time = roomstore::parse_iso8601(view.substr(10))) return *time;
    }
    return std::nullopt;
}

std::optional<std::int64_t> parse_limit(const std::string& text) {
    std::int64_t limit = 0;
    const auto* const end = text.data() + text.size();
    const auto [stop, ec] = std::from_chars(text.data(), end, limit);
    if (ec != std::errc() || stop != end || limit < 1) return std::nullopt;
    return limit;
}

/// Parses the command. If it is invalid, sends an error to the client and returns nullopt.
std::optional<Request> parse_request(Session& session,
                                     const std::vector<std::string>& params,
                                     std::int64_t max_limit) {
    const std::string given = params.empty() ? "*" : irc::quotable(params[0]);
    const std::string subcommand = irc::to_upper(given);
    const bool known = subcommand == "LATEST" || subcommand == "BEFORE" || subcommand == "AFTER";
    if (!known) {
        fail(session, "INVALID_PARAMS", {given}, "Unknown command");
        return std::nullopt;
    }
    if (params.size() != 4) {
        fail(session,
             "INVALID_PARAMS",
             {given},
             params.size() < 4 ? "Insufficient parameters" : "Too many parameters");
        return std::nullopt;
    }
    auto selector = parse_selector(params[2], subcommand == "LATEST");
    if (!selector) {
        const bool typed = params[2].starts_with("timestamp=") || params[2].starts_with("msgid=");
        const bool looks_typed = params[2].find('=') != std::string::npos;
        if (!typed && looks_typed) {
            fail(session,
                 "INVALID_MSGREFTYPE",
                 {given, irc::quotable(params[1]), irc::quotable(params[2])},
                 "Known types of message references are msgid and timestamp");
        } else {
            fail(session,
                 "INVALID_PARAMS",
                 {given, irc::quotable(params[2])},
                 "Invalid timestamp or msgid");
        }
        return std::nullopt;
    }
    const auto limit = parse_limit(params[3]);
    if (!limit) {
        fail(session, "INVALID_PARAMS", {given, irc::quotable(params[3])}, "Invalid limit");
        return std::nullopt;
    }
    return Request{.subcommand = subcommand,
                   .target = params[1],
                   .selector = std::move(*selector),
                   .limit = std::min(*limit, max_limit)};
}

/// The room whose history the client may read under that name: a channel that it has joined, or its
/// own conversation with a nick.
std::optional<std::string> find_room(const ServerState& state,
                                     const Session& session,
                                     const std::string& target) {
    if (const auto channel = state.joined(session, target)) return channel->id();
    if (irc::is_nick(target)) return private_room_id(session.nick, target);
    return std::nullopt;
}

/// The query that answers the request. `index` is that of the message which the request refers to.
/// LATEST counts from the end; events at or before its reference are removed afterwards.
EventQuery make_query(const Request& request, std::optional<std::int64_t> index) {
    EventQuery query;
    query.limit = request.limit;
    query.filter.event_types = {roomstore::EventType::message};
    const auto* time = std::get_if<Timestamp>(&request.selector);
    if (request.subcommand == "BEFORE") {
        query.before_index = index;
        if (time) query.filter.before_time = *time;
        query.newest_first = true;
    } else {
        if (time) query.filter.after_time = *time;
        if (request.subcommand == "AFTER") {
            query.after_index = index;
        } else {
            query.newest_first = true;
        }
    }
    return query;
}

/// The events that the request selects. Empty if its message id is not that of a message of the
/// room.
asio::awaitable<std::optional<std::vector<RoomEvent>>> select_events(ServerState& state,
                                                                     std::string room_id,
                                                                     Request request) {
    std::optional<std::int64_t> index;
    if (const auto* message = std::get_if<MessageId>(&request.selector)) {
        const auto event = co_await state.store.get_event(room_id, message->id);
        if (!event) co_return std::nullopt;
        index = event->index;
    }
    const EventQuery query = make_query(request, index);
    auto events = co_await state.store.list_events(room_id, query);
    if (request.subcommand == "LATEST" && index) {
        std::erase_if(events, [&](const RoomEvent& event) { return event.index <= *index; });
    }
    co_return events;
}

}  // namespace

asio::awaitable<void> chathistory(ServerState& state, SessionPtr session, irc::Message message) {
    if (!session->has(Cap::chathistory)) {
        session->reply(irc::err_unknowncommand, {"CHATHISTORY", "Unknown command"});
        co_return;
    }
    auto request = parse_request(*session, message.params, state.options.history);
    if (!request) co_return;
    const std::string subcommand = request->subcommand;
    const std::string target = irc::quotable(request->target);
    const auto room_id = find_room(state, *session, request->target);
    if (!room_id) {
        fail(*session, "INVALID_TARGET", {subcommand, target}, "Messages could not be retrieved");
        co_return;
    }
    std::optional<std::vector<RoomEvent>> events;
    std::optional<roomstore::Error> failure;
    try {
        events = co_await select_events(state, *room_id, std::move(*request));
    } catch (const roomstore::Error& error) {
        failure = error;
    }
    if (events) {
        const auto channel = state.joined(*session, target);
        send_history(*session, channel ? channel->name() : target, *events);
        co_return;
    }
    // A bad request of a client is not an error of the store, so it is not logged.
    const bool refused = failure && failure->code() == roomstore::errc::invalid_argument;
    if (failure && !refused) log_error("CHATHISTORY " + target, *failure);
    fail(*session,
         "MESSAGE_ERROR",
         {subcommand, target},
         failure ? "Messages could not be retrieved: " + failure->code().message()
                 : "Messages could not be retrieved: no such message");
}

void send_history(Session& session, std::string_view target, const std::vector<RoomEvent>& events) {
    std::string batch;
    if (session.has(Cap::batch)) {
        batch = "history" + std::to_string(++session.batches);
        session.send_from_server("BATCH", {"+" + batch, "chathistory", target});
    }
    for (const RoomEvent& event : events) {
        if (event.type != roomstore::EventType::message) continue;
        session.connection->send(render(event, read_event(event, target), session, batch));
    }
    if (!batch.empty()) session.send_from_server("BATCH", {"-" + batch});
}

}  // namespace chat::commands
