#include "sql/events/write.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "roomstore/detail/refusals.hpp"
#include "sql/events/append_steps.hpp"

namespace roomstore::postgres::sql {

namespace {

Error no_event(const RoomEvent& event) {
    return detail::does_not_exist("update_event", "event", event.id, event.room_id);
}

WriteResult as_write_result(AppendResult result) {
    return std::visit([](auto& each) -> WriteResult { return std::move(each); }, result);
}

/// Writes that concern different events, and so can be executed in any order.
class Stage {
public:
    /// Adds a write and its place among all, unless it concerns an event of one that was added
    /// before.
    bool add(const Write& write, std::size_t place) {
        if (const auto* append = std::get_if<Append>(&write)) {
            for (const RoomEvent& event : append->events) {
                if (updated_.contains(name_of(event))) return false;
            }
            for (const RoomEvent& event : append->events) appended_.insert(name_of(event));
            appends_.push_back(append);
            append_places_.push_back(place);
            return true;
        }
        const RoomEvent& event = std::get<Update>(write).event;
        if (appended_.contains(name_of(event))) return false;
        if (!updated_.insert(name_of(event)).second) return false;
        updates_.push_back(&event);
        update_places_.push_back(place);
        return true;
    }

    bool has_appends() const noexcept { return !appends_.empty(); }

    /// Whether the appends lock all of `rooms`.
    bool locks(const std::set<std::string>& rooms) const {
        std::set<std::string_view> locked;
        for (const Append* append : appends_) locked.insert(append->room_id);
        return locked.size() == rooms.size();
    }

    /// @param to_lock  the rooms to lock together with the first statement of the updates
    /// @param locked   the rooms that are locked; receives those that the stage locks
    void run(Session& session,
             const std::set<std::string>& to_lock,
             LockedRooms& locked,
             std::int64_t history,
             std::vector<WriteResult>& results) const {
        if (!appends_.empty()) {
            auto stored = append(session, appends_, locked);
            for (std::size_t i = 0; i < stored.size(); ++i) {
                results[append_places_[i]] = as_write_result(std::move(stored[i]));
            }
        }
        if (updates_.empty()) return;
        auto updated = update_events(session, updates_, to_lock, locked, history);
        for (std::size_t i = 0; i < updated.size(); ++i) {
            if (updated[i]) {
                results[update_places_[i]] = std::move(*updated[i]);
            } else {
                results[update_places_[i]] = no_event(*updates_[i]);
            }
        }
    }

private:
    using Name = std::pair<std::string_view, std::string_view>;

    static Name name_of(const RoomEvent& event) { return {event.room_id, event.id}; }

    std::set<Name> appended_;
    std::set<Name> updated_;
    std::vector<const Append*> appends_;
    std::vector<std::size_t> append_places_;
    std::vector<const RoomEvent*> updates_;
    std::vector<std::size_t> update_places_;
};

std::vector<WriteResult> update_one(Session& session,
                                    const RoomEvent& event,
                                    std::int64_t history) {
    std::vector<WriteResult> results;
    if (auto updated = lock_and_update(session, event, history)) {
        results.emplace_back(std::move(*updated));
    } else {
        results.emplace_back(no_event(event));
    }
    return results;
}

std::vector<WriteResult> append_all(Session& session, const std::vector<const Write*>& writes) {
    std::vector<const Append*> appends;
    appends.reserve(writes.size());
    for (const Write* write : writes) appends.push_back(&std::get<Append>(*write));
    std::vector<WriteResult> results;
    results.reserve(writes.size());
    for (auto& result : append(session, appends)) {
        results.push_back(as_write_result(std::move(result)));
    }
    return results;
}

std::vector<WriteResult> run_stages(Session& session,
                                    const std::vector<const Write*>& writes,
                                    std::int64_t history) {
    std::set<std::string> rooms;
    for (const Write* write : writes) rooms.insert(room_of(*write));
    std::vector<WriteResult> results(writes.size());
    LockedRooms locked;
    for (std::size_t next = 0; next < writes.size();) {
        const bool is_first = next == 0;
        Stage stage;
        while (next < writes.size() && stage.add(*writes[next], next)) ++next;
        // All rooms by one statement: rooms are always locked in the order of their ids.
        std::set<std::string> to_lock;
        if (is_first && !stage.has_appends()) {
            to_lock = rooms;
        } else if (is_first && !stage.locks(rooms)) {
            locked = lock_rooms(session, {rooms.begin(), rooms.end()});
        }
        stage.run(session, to_lock, locked, history, results);
    }
    return results;
}

bool is_update(const Write* write) { return std::holds_alternative<Update>(*write); }

}  // namespace

const std::string& room_of(const Write& write) {
    if (const auto* append = std::get_if<Append>(&write)) return append->room_id;
    return std::get<Update>(write).event.room_id;
}

std::vector<WriteResult> write(Session& session,
                               const std::vector<const Write*>& writes,
                               std::int64_t history) {
    std::vector<WriteResult> results;
    if (std::ranges::none_of(writes, is_update)) {
        results = append_all(session, writes);
    } else if (writes.size() == 1) {
        results = update_one(session, std::get<Update>(*writes.front()).event, history);
    } else {
        results = run_stages(session, writes, history);
    }
    // Events that were stored before may not have reached the standbys yet. The COMMIT of a
    // transaction that locked their room waits until they have.
    const auto refused = [](const WriteResult& result) {
        return std::holds_alternative<Error>(result);
    };
    if (std::ranges::all_of(results, refused)) session.nothing_to_commit();
    return results;
}

}  // namespace roomstore::postgres::sql
