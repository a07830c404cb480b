#include "faults/simulation/server.hpp"

#include <algorithm>
#include <utility>

namespace roomstore::simulation {

using namespace std::chrono_literals;

const StoredRow* StoredRoom::find_id(std::string_view event_id) const {
    const auto found =
        std::ranges::find_if(events, [&](const RowPtr& row) { return row->id() == event_id; });
    return found == events.end() ? nullptr : found->get();
}

const StoredRow* StoredRoom::find_key(const std::optional<std::string>& key) const {
    if (!key) return nullptr;
    const auto found =
        std::ranges::find_if(events, [&](const RowPtr& row) { return row->key() == key; });
    return found == events.end() ? nullptr : found->get();
}

bool StoredRoom::has_index(std::int64_t index) const {
    return std::ranges::any_of(events, [&](const RowPtr& row) { return row->index == index; });
}

Server::Server(Scheduler& scheduler, Trace& trace, const FaultPlan& fault_plan)
    : scheduler_(scheduler), trace_(trace), fault_plan_(fault_plan) {
    schedule_outages();
}

void Server::schedule_outages() {
    for (const auto& interval : fault_plan_.down) {
        scheduler_.at(interval.from, [this] { crash(); });
    }
    for (const auto when : fault_plan_.demoted) {
        scheduler_.at(when, [this] { demote(); });
    }
}

StoredRoom& Server::add_room(const std::string& id) {
    auto& room = rooms_[id];
    room = std::make_unique<StoredRoom>(StoredRoom{.id = id});
    return *room;
}

StoredRoom* Server::find_room(std::string_view id) {
    const auto found = rooms_.find(id);
    return found == rooms_.end() ? nullptr : found->second.get();
}

bool Server::quiet() const {
    return std::ranges::none_of(backends_, [](const auto& backend) { return backend->orphaned; });
}

bool Server::is_within(const std::vector<FaultPlan::Interval>& intervals, TimePoint when) {
    return std::ranges::any_of(intervals, [&](const FaultPlan::Interval& interval) {
        return interval.from <= when && when < interval.until;
    });
}

TimePoint Server::thawed(TimePoint when) const {
    for (const auto& interval : fault_plan_.frozen) {
        if (interval.from <= when && when < interval.until) when = interval.until;
    }
    return when;
}

Backend& Server::start(Task& client) {
    backends_.push_back(std::make_unique<Backend>(++numbers_));
    backends_.back()->client = &client;
    return *backends_.back();
}

Backend* Server::find(int number) {
    const auto found = std::ranges::find_if(
        backends_, [&](const auto& backend) { return backend->number == number; });
    return found == backends_.end() ? nullptr : found->get();
}

void Server::abandon(Backend& backend, bool politely) {
    backend.client = nullptr;
    backend.executing = false;
    std::erase(waiting_, &backend);
    if (backend.killed) return end(backend);
    backend.orphaned = true;
    if (backend.committing) return;
    // A backend that executes a statement checks the connection to its client once a second.
    auto& random = scheduler_.random();
    const auto delay = politely ? random.between(0us, 2000us) : random.between(0us, 1'000'000us);
    const auto when = thawed(scheduler_.now() + delay);
    finish_at(backend, when, false);
}

void Server::cancel(Backend& backend) {
    if (!backend.executing || backend.committing) return;
    backend.cancelled = true;
    if (backend.client != nullptr) scheduler_.wake(*backend.client);
}

void Server::roll_back(Backend& backend) {
    backend.changed.clear();
    backend.inserted.clear();
    backend.tokens.clear();
    backend.asked.clear();
    backend.state = Backend::State::idle;
    release(backend);
}

void Server::commit(Backend& backend) {
    for (const auto& [room, counters] : backend.changed) room->counters = counters;
    for (const auto& row : backend.inserted) {
        auto& events = rooms_.find(row->room_id())->second->events;
        const auto place = std::ranges::upper_bound(events, row->index, {}, &StoredRow::index);
        events.insert(place, row);
        trace_.add(scheduler_, "server", backend.number, "stored", row->id(), "at", row->index);
    }
    tokens_.insert(backend.tokens.begin(), backend.tokens.end());
    roll_back(backend);
}

void Server::release(Backend& backend) {
    for (StoredRoom* const room : std::exchange(backend.locked, {})) {
        room->holder = nullptr;
        // An orphaned backend that waits for the lock may still get it next.
        for (const auto& other : backends_) {
            if (other->orphaned && other->wants == room && room->holder == nullptr &&
                scheduler_.random().chance(500)) {
                static_cast<void>(try_lock(*other, *room));
            }
        }
    }
    for (Backend* const waiting : std::exchange(waiting_, {})) {
        if (waiting->client != nullptr) scheduler_.wake(*waiting->client);
    }
}

void Server::finish_at(Backend& backend, TimePoint when, bool commits) {
    backend.committing |= commits;
    scheduler_.at(when, [this, number = backend.number, commits] { finish(number, commits); });
}

void Server::finish(int number, bool commits) {
    Backend* const backend = find(number);
    if (backend == nullptr || backend->killed) return;
    if (commits) {
        commit(*backend);
    } else {
        roll_back(*backend);
    }
    backend->committing = false;
    if (backend->orphaned) return end(*backend);
    if (backend->client != nullptr) scheduler_.wake(*backend->client);
}

void Server::end(Backend& backend) {
    roll_back(backend);
    std::erase(waiting_, &backend);
    std::erase_if(backends_, [&](const auto& each) { return each.get() == &backend; });
}

// A COMMIT in progress may or may not have reached the disk.
void Server::crash() {
    trace_.add(scheduler_, "server crashes");
    const auto crashed = [&] {
        std::vector<Backend*> all;
        for (const auto& backend : backends_) all.push_back(backend.get());
        return all;
    }();
    for (Backend* const backend : crashed) {
        if (backend->committing && scheduler_.random().chance(500)) commit(*backend);
        roll_back(*backend);
        backend->committing = false;
        backend->killed = true;
        if (backend->orphaned) {
            end(*backend);
        } else if (backend->client != nullptr) {
            scheduler_.wake(*backend->client);
        }
    }
}

void Server::demote() {
    trace_.add(scheduler_, "server sessions become read-only");
    for (const auto& backend : backends_) backend->read_only = true;
}

bool Server::try_lock(Backend& backend, StoredRoom& room) {
    if (room.holder == &backend) return true;
    if (room.holder != nullptr) {
        backend.wants = &room;
        return false;
    }
    room.holder = &backend;
    backend.wants = nullptr;
    backend.locked.push_back(&room);
    return true;
}

Counters& Server::change(Backend& backend, StoredRoom& room) {
    return backend.changed.try_emplace(&room, room.counters).first->second;
}

bool Server::collides_with_others(const Backend& backend, const StoredRow& row) const {
    return std::ranges::any_of(backends_, [&](const auto& other) {
        return other.get() != &backend &&
               std::ranges::any_of(other->inserted, [&](const RowPtr& inserted) {
                   return inserted->room_id() == row.room_id() &&
                          (inserted->id() == row.id() || inserted->index == row.index ||
                           (row.key() && inserted->key() == row.key()));
               });
    });
}

bool Server::token_in_flight(const Backend& backend, const std::string& token) const {
    return std::ranges::any_of(backends_, [&](const auto& other) {
        return other.get() != &backend &&
               std::ranges::find(other->tokens, token) != other->tokens.end();
    });
}

void Server::wait_for_change(Backend& backend, TimePoint until) {
    waiting_.push_back(&backend);
    scheduler_.wait(until);
    std::erase(waiting_, &backend);
}

}  // namespace roomstore::simulation
