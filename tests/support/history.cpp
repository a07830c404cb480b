#include "support/history.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "roomstore/model/json.hpp"

namespace roomstore::test {

namespace {

using Violations = std::vector<std::string>;

/// The records of one room, and its final events.
struct RoomHistory {
    std::vector<const AppendRecord*> appends{};
    std::vector<const PollRecord*> polls{};
    const std::vector<RoomEvent>* events = nullptr;
};

void check_dense(const std::string& room_id, const RoomHistory& room, Violations& violations) {
    for (std::size_t i = 0; i < room.events->size(); ++i) {
        const auto index = (*room.events)[i].index;
        if (index != static_cast<std::int64_t>(i)) {
            violations.push_back("H4 " + room_id + ": position " + std::to_string(i) +
                                 " holds index " + std::to_string(index));
            return;
        }
    }
}

void check_outcomes(const std::string& room_id, const RoomHistory& room, Violations& violations) {
    std::unordered_map<std::string, std::vector<const RoomEvent*>> stored;
    for (const auto& event : *room.events) stored[event.id].push_back(&event);
    const auto complain = [&](const char* rule, const std::string& id, const std::string& what) {
        violations.push_back(std::string(rule) + " " + room_id + ": " + id + " " + what);
    };
    for (const auto* append : room.appends) {
        const auto found = stored.find(append->event_id);
        const auto count = found == stored.end() ? 0 : found->second.size();
        if (append->outcome == AppendOutcome::refused) {
            if (count > 0) complain("H2", append->event_id, "was refused, and is there");
        } else if (count > 1) {
            complain(append->outcome == AppendOutcome::stored ? "H1" : "H3",
                     append->event_id,
                     "is there " + std::to_string(count) + " times");
        } else if (append->outcome == AppendOutcome::stored && count == 0) {
            complain("H1", append->event_id, "was answered as stored, and is lost");
        } else if (count == 1) {
            const auto& event = *found->second.front();
            if (digest_of(event) != append->digest) {
                complain("H1", append->event_id, "is there with another content");
            }
            if (append->outcome == AppendOutcome::stored && event.index != append->index) {
                complain("H1",
                         append->event_id,
                         "is at " + std::to_string(event.index) + ", answered was " +
                             std::to_string(append->index));
            }
        }
        stored.erase(append->event_id);
    }
    for (const auto& [id, events] : stored) complain("H3", id, "is there, and nobody appended it");
}

/// The index of an append must exceed the highest index answered before it began. Checked in one
/// pass over both orders.
void check_real_time_order(const std::string& room_id,
                           const RoomHistory& room,
                           Violations& violations) {
    std::vector<const AppendRecord*> by_answer;
    for (const auto* append : room.appends) {
        if (append->outcome == AppendOutcome::stored) by_answer.push_back(append);
    }
    auto by_begin = by_answer;
    std::ranges::sort(by_answer, {}, &AppendRecord::answered_at);
    std::ranges::sort(by_begin, {}, &AppendRecord::invoked_at);
    std::size_t answered = 0;
    const AppendRecord* highest = nullptr;
    for (const auto* append : by_begin) {
        for (; answered < by_answer.size() && by_answer[answered]->answered_at < append->invoked_at;
             ++answered) {
            if (!highest || by_answer[answered]->index > highest->index) {
                highest = by_answer[answered];
            }
        }
        if (highest && highest->index >= append->index) {
            violations.push_back("H5 " + room_id + ": " + highest->event_id +
                                 " was answered with " + std::to_string(highest->index) +
                                 " before " + append->event_id + " began, which got " +
                                 std::to_string(append->index));
            return;
        }
    }
}

std::size_t seen_by(const PollRecord& poll) { return poll.known + poll.seen.size(); }

void check_polls(const std::string& room_id, RoomHistory& room, Violations& violations) {
    std::ranges::sort(room.polls, {}, &PollRecord::invoked_at);
    for (const auto* poll : room.polls) {
        const auto complain = [&](const std::string& what) {
            violations.push_back("H6 " + room_id + ": poll of client " +
                                 std::to_string(poll->client) + " " + what);
        };
        if (seen_by(*poll) > room.events->size()) {
            complain("saw more than there is");
            continue;
        }
        for (std::size_t i = 0; i < poll->seen.size(); ++i) {
            const auto& event = (*room.events)[poll->known + i];
            if (poll->seen[i] != std::pair(event.index, event.id)) {
                complain("saw " + poll->seen[i].second + " where " + event.id + " is");
                break;
            }
        }
        const auto seen = static_cast<std::int64_t>(seen_by(*poll));
        for (const auto* append : room.appends) {
            if (append->outcome == AppendOutcome::stored &&
                append->answered_at < poll->invoked_at && append->index >= seen) {
                complain("missed " + append->event_id + ", answered before it began");
                break;
            }
        }
        for (const auto* earlier : room.polls) {
            if (earlier->answered_at < poll->invoked_at && seen_by(*earlier) > seen_by(*poll)) {
                complain("saw less than an earlier one");
                break;
            }
        }
    }
}

}  // namespace

void History::add(AppendRecord record) {
    const std::lock_guard lock(mutex_);
    appends_.push_back(std::move(record));
}

void History::add(PollRecord record) {
    const std::lock_guard lock(mutex_);
    polls_.push_back(std::move(record));
}

std::string digest_of(const RoomEvent& event) {
    return Json::array({event.type, event.source, event.content, to_iso8601(event.created_at)})
        .dump();
}

std::vector<std::string> check_history(
    const History& history,
    const std::map<std::string, std::vector<RoomEvent>>& final_events) {
    std::map<std::string, RoomHistory> rooms;
    static const std::vector<RoomEvent> nothing;
    for (const auto& append : history.appends()) rooms[append.room_id].appends.push_back(&append);
    for (const auto& poll : history.polls()) rooms[poll.room_id].polls.push_back(&poll);
    for (const auto& [room_id, events] : final_events) rooms[room_id].events = &events;
    Violations violations;
    for (auto& [room_id, room] : rooms) {
        if (!room.events) room.events = &nothing;
        check_dense(room_id, room, violations);
        check_outcomes(room_id, room, violations);
        check_real_time_order(room_id, room, violations);
        check_polls(room_id, room, violations);
    }
    return violations;
}

}  // namespace roomstore::test
