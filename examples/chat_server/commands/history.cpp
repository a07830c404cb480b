#include <algorithm>
#include <charconv>

#include "commands.hpp"

// https://ircv3.net/specs/extensions/chathistory

namespace chat::commands {

namespace {

using roomstore::RoomEvent;

struct Request {
    std::string subcommand{};
    std::string target{};
    /// The reference point: a message, a time, or none of them for the end.
    std::optional<std::string> message_id{};
    std::optional<roomstore::Timestamp> time{};
    std::int64_t limit = 0;
};

void fail(const Session& session,
          std::string_view code,
          const Session::Params& context,
          std::string_view text) {
    Session::Params params{"CHATHISTORY", code};
    params.insert(params.end(), context.begin(), context.end());
    params.push_back(text);
    session.send_from_server("FAIL", params);
}

/// Returns false if the text is no reference point.
bool parse_reference(const std::string& text, Request& request) {
    const std::string_view view(text);
    if (view.starts_with("msgid=") && view.size() > 6) request.message_id = text.substr(6);
    if (view.starts_with("timestamp=")) request.time = roomstore::parse_iso8601(view.substr(10));
    const bool end = view == "*" && request.subcommand == "LATEST";
    return end || request.message_id || request.time;
}

std::optional<std::int64_t> parse_limit(const std::string& text) {
    std::int64_t limit = 0;
    const auto* const end = text.data() + text.size();
    const auto [stop, ec] = std::from_chars(text.data(), end, limit);
    if (ec != std::errc() || stop != end || limit < 1) return std::nullopt;
    return limit;
}

/// Parses the command. If it is invalid, sends an error to the client and returns nullopt.
std::optional<Request> parse_request(const Session& session, const irc::Message& message) {
    const auto& params = message.params;
    const std::string given = irc::quotable(message.param(0));
    Request request{.subcommand = irc::to_upper(given), .target = message.param(1)};
    const auto invalid = [&](const Session::Params& context, std::string_view text) {
        fail(session, "INVALID_PARAMS", context, text);
        return std::nullopt;
    };
    const auto& name = request.subcommand;
    if (name != "LATEST" && name != "BEFORE" && name != "AFTER") {
        return invalid({given}, "Unknown command");
    }
    if (params.size() < 4) return invalid({given}, "Insufficient parameters");
    if (params.size() > 4) return invalid({given}, "Too many parameters");
    const std::string reference = irc::quotable(params[2]);
    if (!parse_reference(params[2], request)) {
        const auto type = params[2].substr(0, params[2].find('='));
        if (type == params[2] || type == "timestamp" || type == "msgid") {
            return invalid({given, reference}, "Invalid timestamp or msgid");
        }
        fail(session,
             "INVALID_MSGREFTYPE",
             {given, irc::quotable(request.target), reference},
             "Known types of message references are msgid and timestamp");
        return std::nullopt;
    }
    const auto limit = parse_limit(params[3]);
    if (!limit) return invalid({given, irc::quotable(params[3])}, "Invalid limit");
    request.limit = *limit;
    return request;
}

/// The events that the request selects. Empty if its message id is not that of a message of the
/// room.
awaitable<std::optional<std::vector<RoomEvent>>> select_events(ServerState& state,
                                                               std::string room_id,
                                                               Request request) {
    std::optional<std::int64_t> index;
    if (request.message_id) {
        const auto event = co_await state.store.get_event(room_id, *request.message_id);
        if (!event) co_return std::nullopt;
        index = event->index;
    }
    roomstore::EventQuery query;
    query.limit = std::min(request.limit, state.options.history);
    query.filter.event_types = {roomstore::EventType::message};
    query.newest_first = request.subcommand != "AFTER";
    if (request.subcommand == "BEFORE") {
        query.before_index = index;
        query.filter.before_time = request.time;
    } else {
        if (request.subcommand == "AFTER") query.after_index = index;
        query.filter.after_time = request.time;
    }
    auto events = co_await state.store.list_events(room_id, query);
    // LATEST counts from the end.
    if (request.subcommand == "LATEST" && index) {
        std::erase_if(events, [&](const RoomEvent& event) { return event.index <= *index; });
    }
    co_return events;
}

}  // namespace

awaitable<void> chathistory(ServerState& state, SessionPtr session, irc::Message message) {
    if (!session->has(Cap::chathistory)) {
        co_return session->reply("421", {"CHATHISTORY", "Unknown command"});
    }
    const auto request = parse_request(*session, message);
    if (!request) co_return;
    const std::string target = irc::quotable(request->target);
    const Session::Params context{request->subcommand, target};
    // A client may read the channels that it has joined, and its own conversations with nicks.
    const auto channel = session->joined(request->target);
    if (!channel && !irc::is_nick(target)) {
        co_return fail(*session, "INVALID_TARGET", context, "Messages could not be retrieved");
    }
    std::string room_id = private_room_id(session->nick, target);
    if (channel) room_id = channel->id();
    std::string reason = "no such message";
    try {
        const auto events = co_await select_events(state, room_id, *request);
        if (events) co_return send_history(*session, channel ? channel->name() : target, *events);
    } catch (const roomstore::Error& error) {
        // A bad request of a client is not an error of the store, so it is not logged.
        const bool refused = error.code() == roomstore::errc::invalid_argument;
        if (!refused) log_error("CHATHISTORY " + target, error);
        reason = error.code().message();
    }
    fail(*session, "MESSAGE_ERROR", context, "Messages could not be retrieved: " + reason);
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
