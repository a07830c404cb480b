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

/// Refuses a request: the parameters of a FAIL line, without the command.
struct Refusal {
    std::vector<std::string> params;
};

/// Returns false if the text is no reference point.
bool parse_reference(const std::string& text, Request& request) {
    const std::string_view view(text);
    if (view.starts_with("msgid=") && view.size() > 6) request.message_id = text.substr(6);
    if (view.starts_with("timestamp=")) request.time = roomstore::parse_iso8601(view.substr(10));
    const bool end = view == "*" && request.subcommand == "LATEST";
    return end || request.message_id || request.time;
}

/// Throws Refusal.
Request parse_request(const irc::Message& message) {
    const std::string name = irc::quotable(irc::to_upper(message.param(0)));
    Request request{.subcommand = name, .target = message.param(1)};
    if (name != "LATEST" && name != "BEFORE" && name != "AFTER") {
        throw Refusal{{"INVALID_PARAMS", name, "Unknown command"}};
    }
    if (message.params.size() != 4) {
        throw Refusal{{"INVALID_PARAMS", name, "Four parameters are needed"}};
    }
    const std::string& text = message.params[2];
    const std::string reference = irc::quotable(text);
    if (!parse_reference(text, request)) {
        const auto type = text.substr(0, text.find('='));
        if (type == text || type == "timestamp" || type == "msgid") {
            throw Refusal{{"INVALID_PARAMS", name, reference, "Invalid timestamp or msgid"}};
        }
        const std::string target = irc::quotable(request.target);
        throw Refusal{
            {"INVALID_MSGREFTYPE", name, target, reference, "Must be msgid or timestamp"}};
    }
    const std::string& limit = message.params[3];
    const auto* const end = limit.data() + limit.size();
    const auto [stop, ec] = std::from_chars(limit.data(), end, request.limit);
    if (ec != std::errc() || stop != end || request.limit < 1) {
        throw Refusal{{"INVALID_PARAMS", name, irc::quotable(limit), "Invalid limit"}};
    }
    return request;
}

/// The events that the request selects.
awaitable<std::vector<RoomEvent>> select_events(SessionPtr session,
                                                std::string room_id,
                                                Request request) {
    roomstore::ConversationStore& store = *session->server.store;
    std::optional<std::int64_t> index;
    if (request.message_id) {
        const auto event = co_await store.get_event(room_id, *request.message_id);
        if (!event) throw roomstore::Error(roomstore::errc::not_found, "no such message");
        index = event->index;
    }
    roomstore::EventQuery query{.limit = std::min(request.limit, session->server.options.history)};
    query.filter.event_types = {roomstore::EventType::message};
    query.newest_first = request.subcommand != "AFTER";
    if (request.subcommand == "BEFORE") {
        query.before_index = index;
        query.filter.before_time = request.time;
    } else {
        if (request.subcommand == "AFTER") query.after_index = index;
        query.filter.after_time = request.time;
    }
    auto events = co_await store.list_events(room_id, query);
    // LATEST counts from the end.
    if (request.subcommand == "LATEST" && index) {
        std::erase_if(events, [&](const RoomEvent& event) { return event.index <= *index; });
    }
    co_return events;
}

/// Sends the messages that the request selects, or throws Refusal.
awaitable<void> answer(SessionPtr session, Request request) {
    const std::string target = irc::quotable(request.target);
    std::string failure = "Messages could not be retrieved";
    // A client may read the channels that it has joined, and its own conversations with nicks.
    const auto channel = session->joined(request.target);
    if (!channel && !irc::is_nick(target)) {
        throw Refusal{{"INVALID_TARGET", request.subcommand, target, failure}};
    }
    std::string room_id = private_room_id(session->nick, target);
    if (channel) room_id = channel->id();
    try {
        const auto events = co_await select_events(session, room_id, request);
        send_history(*session, channel ? channel->name() : target, events);
    } catch (const roomstore::Error& error) {
        // A bad request of a client is not an error of the store, so it is not logged.
        const bool refused = error.code() == roomstore::errc::invalid_argument ||
                             error.code() == roomstore::errc::not_found;
        if (!refused) log_error("CHATHISTORY " + target, error);
        failure += ": " + error.code().message();
        throw Refusal{{"MESSAGE_ERROR", request.subcommand, target, failure}};
    }
}

}  // namespace

awaitable<void> chathistory(SessionPtr session, irc::Message message) {
    if (!session->has(Cap::chathistory)) {
        co_return session->reply("421", {"CHATHISTORY", "Unknown command"});
    }
    try {
        co_await answer(session, parse_request(message));
    } catch (const Refusal& refusal) {
        Session::Params params{"CHATHISTORY"};
        params.insert(params.end(), refusal.params.begin(), refusal.params.end());
        session->send_from_server("FAIL", params);
    }
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
