#include "sql/events/append.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "roomstore/detail/fields.hpp"
#include "sql/events/append_steps.hpp"
#include "sql/events/columns.hpp"
#include "sql/mapping.hpp"
#include "sql/rooms.hpp"

namespace roomstore::postgres::sql {

namespace {

/// An append and its result, once known.
struct Pending {
    const Append& append;
    std::optional<AppendResult> result{};
    /// Why its events cannot be stored, unless they are stored already.
    std::optional<Error> refusal{};
};

/// Appends that do not depend on each other, and so are handled by the same statements.
class AppendPass {
public:
    explicit AppendPass(Session& session) : session_(session) {}

    /// Adds `pending`, unless its outcome depends on an append that was added before: the same id
    /// or key, or an expected next index of a room that was added before.
    bool add(Pending& pending) {
        const Append& append = pending.append;
        const bool first_of_room = rooms_.insert(append.room_id).second;
        if (append.expected_next_index && !first_of_room) return false;
        for (const RoomEvent& event : append.events) {
            session_.require_usable();
            if (ids_.contains({event.room_id, event.id})) return false;
            const auto& key = event.idempotency_key;
            if (key && keys_.contains({event.room_id, *key})) return false;
        }
        for (const RoomEvent& event : append.events) {
            ids_.emplace(event.room_id, event.id);
            if (event.idempotency_key) keys_.emplace(event.room_id, *event.idempotency_key);
        }
        taken_.push_back(&pending);
        return true;
    }

    /// Whether the rows of the rooms decide nothing about `pending` but its indexes.
    static bool plain(const Pending& pending) {
        return !pending.append.expected_next_index && !pending.append.events.empty();
    }

    /// Locks the rooms and stores all events, if all are new, without reading the rooms in between.
    /// Appends that are left without a result are for `run`.
    LockedRooms run_at_once(const std::vector<std::string>& ids) {
        auto [rooms, indexes] = lock_and_store_all(session_, ids, events());
        set_results(indexes, rooms);
        return std::move(rooms);
    }

    void run(LockedRooms& rooms) {
        for (Pending* pending : taken_) {
            pending->refusal = refusal(pending->append, rooms);
        }
        store_fresh(rooms);
        match_known(rooms);
    }

private:
    using Names = std::set<std::pair<std::string_view, std::string_view>>;

    std::optional<Error> refusal(const Append& append, const LockedRooms& rooms) {
        const auto next_index = rooms.at(append.room_id).next_index();
        if (append.expected_next_index && *append.expected_next_index != next_index) {
            return detail::expected_other_index(
                append.operation, append.room_id, next_index, *append.expected_next_index);
        }
        auto& used = indexes_used_[append.room_id];
        const auto left = detail::max_index - next_index + 1 - used;
        const auto needed = static_cast<std::int64_t>(append.events.size());
        if (needed > left) return detail::no_index_left(append.operation, append.room_id);
        used += needed;
        return std::nullopt;
    }

    void store_fresh(LockedRooms& rooms) {
        std::vector<NewEvent> fresh;
        for (std::size_t part = 0; part < taken_.size(); ++part) {
            if (taken_[part]->refusal) continue;
            const Append& append = taken_[part]->append;
            const auto next_index = rooms.at(append.room_id).next_index();
            for (const RoomEvent& event : append.events) {
                fresh.push_back({&event, next_index, static_cast<std::int64_t>(part)});
            }
        }
        set_results(store_new_events(session_, fresh), rooms);
    }

    std::vector<const RoomEvent*> events() const {
        std::vector<const RoomEvent*> events;
        for (const Pending* pending : taken_) {
            for (const RoomEvent& event : pending->append.events) events.push_back(&event);
        }
        return events;
    }

    /// Sets the results of the appends that were stored, and updates their rooms.
    void set_results(const std::vector<std::int64_t>& indexes, LockedRooms& rooms) {
        auto next = indexes.begin();
        for (Pending* pending : taken_) {
            if (pending->refusal) continue;
            const auto end = next + static_cast<std::ptrdiff_t>(pending->append.events.size());
            NewIndexes stored(std::exchange(next, end), end);
            if (!stored.empty()) {
                if (stored.front() < 0) continue;
                const auto found = rooms.find(pending->append.room_id);
                if (found == rooms.end()) throw created_meanwhile(pending->append.room_id);
                LockedRoom& room = found->second;
                const auto added = static_cast<std::int64_t>(stored.size());
                room.event_count += added;
                room.live_count += added;
                room.latest_index = stored.back();
            }
            pending->result = std::move(stored);
        }
    }

    void match_known(const LockedRooms& rooms) {
        std::vector<const RoomEvent*> events;
        for (const Pending* pending : taken_) {
            if (pending->result) continue;
            for (const RoomEvent& event : pending->append.events) events.push_back(&event);
        }
        std::vector<StoredEvent> found;
        if (!events.empty()) found = find_stored(session_, events);
        auto next = found.begin();
        for (Pending* pending : taken_) {
            if (pending->result) continue;
            const auto end = next + static_cast<std::ptrdiff_t>(pending->append.events.size());
            pending->result = matched(*pending, {next, end}, rooms);
            next = end;
        }
    }

    static AppendResult matched(const Pending& pending,
                                std::vector<StoredEvent> found,
                                const LockedRooms& rooms) {
        const Append& append = pending.append;
        std::vector<RoomEvent> stored;
        try {
            for (std::size_t i = 0; i < append.events.size(); ++i) {
                auto event = match_stored(append.operation, append.events[i], found[i]);
                if (event) stored.push_back(std::move(*event));
            }
        } catch (const Error& error) {
            return error;
        }
        if (!append.events.empty() && stored.size() == append.events.size()) return stored;
        if (!stored.empty()) {
            return detail::partly_stored(
                append.operation, stored.size(), append.events.size(), append.room_id);
        }
        if (pending.refusal) return *pending.refusal;
        // Hidden events are removed without a lock on their room.
        if (rooms.at(append.room_id).first_index > 0) throw removed_meanwhile(append.room_id);
        return detail::refusal(
            errc::internal,
            append.operation,
            named("room", append.room_id) + " neither stored the events nor contains them");
    }

    Session& session_;
    std::vector<Pending*> taken_;
    std::set<std::string_view> rooms_;
    Names ids_;
    Names keys_;
    std::map<std::string_view, std::int64_t> indexes_used_;
};

std::vector<Pending*> undecided(std::vector<Pending>& pending) {
    std::vector<Pending*> waiting;
    for (Pending& each : pending) {
        if (!each.result) waiting.push_back(&each);
    }
    return waiting;
}

/// @returns those of `waiting` that are left for a later pass.
std::vector<Pending*> fill(AppendPass& pass, const std::vector<Pending*>& waiting) {
    std::vector<Pending*> deferred;
    // Once one is deferred, later ones of its room are too, to keep their order.
    std::set<std::string_view> held_rooms;
    for (Pending* each : waiting) {
        const std::string_view room = each->append.room_id;
        if (held_rooms.contains(room) || !pass.add(*each)) {
            held_rooms.insert(room);
            deferred.push_back(each);
        }
    }
    return deferred;
}

std::vector<std::string> rooms_of(const std::vector<const Append*>& appends) {
    std::set<std::string> rooms;
    for (const Append* append : appends) rooms.insert(append->room_id);
    return {rooms.begin(), rooms.end()};
}

}  // namespace

Append::Append(const char* operation_name,
               std::string room,
               std::vector<RoomEvent> given,
               std::optional<std::int64_t> expected)
    : operation(operation_name),
      room_id(std::move(room)),
      events(std::move(given)),
      expected_next_index(expected) {}

std::vector<AppendResult> append(Session& session, const std::vector<const Append*>& appends) {
    LockedRooms locked;
    return append(session, appends, locked);
}

std::vector<AppendResult> append(Session& session,
                                 const std::vector<const Append*>& appends,
                                 LockedRooms& locked) {
    std::vector<Pending> pending;
    pending.reserve(appends.size());
    for (const Append* each : appends) pending.push_back(Pending{.append = *each});
    const auto ids = rooms_of(appends);
    LockedRooms rooms;
    if (std::ranges::all_of(pending, AppendPass::plain)) {
        AppendPass pass(session);
        fill(pass, undecided(pending));
        rooms = pass.run_at_once(ids);
    } else {
        rooms = lock_rooms(session, ids);
    }
    for (Pending& each : pending) {
        if (rooms.contains(each.append.room_id)) continue;
        each.result = detail::no_room(each.append.operation, each.append.room_id);
    }
    auto waiting = undecided(pending);
    while (!waiting.empty()) {
        AppendPass pass(session);
        waiting = fill(pass, waiting);
        pass.run(rooms);
    }
    std::vector<AppendResult> results;
    results.reserve(pending.size());
    for (Pending& each : pending) results.push_back(std::move(*each.result));
    locked.merge(rooms);
    return results;
}

}  // namespace roomstore::postgres::sql
