#include "support/printers.hpp"

#include "roomstore/model/json.hpp"

namespace roomstore::test {

std::string show(const Json& json) {
    return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::string show(const Room& room) { return show(Json(room)); }
std::string show(const RoomEvent& event) { return show(Json(event)); }
std::string show(const EventContent& content) { return show(Json(content)); }
std::string show(const ChannelBinding& binding) { return show(Json(binding)); }
std::string show(const Participant& participant) { return show(Json(participant)); }
std::string show(const Identity& identity) { return show(Json(identity)); }
std::string show(const Task& task) { return show(Json(task)); }
std::string show(const Observation& observation) { return show(Json(observation)); }
std::string show(const ThreadSummary& summary) { return show(Json(summary)); }

std::string show(const RoomCursor& cursor) { return to_string(cursor); }
std::string show(const DeletedEvent& event) {
    return event.id + " at " + std::to_string(event.index);
}

std::string show(Timestamp time) { return to_iso8601(time); }

std::string show(const Error& error) { return error.code().message() + ": " + error.detail(); }

}  // namespace roomstore::test
