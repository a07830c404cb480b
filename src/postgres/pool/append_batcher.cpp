#include "pool/append_batcher.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace roomstore::postgres {

void AppendBatcher::add(CallPtr call) {
    const auto queue = room_queues_.try_emplace(call->operation.room_id).first;
    ++size_;
    bytes_ += call->bytes();
    queue->second.waiting.push_back(std::move(call));
    update_ready(queue);
}

void AppendBatcher::put_back(std::vector<CallPtr> calls) {
    std::ranges::sort(calls, std::greater{}, [](const auto& call) { return call->ticket; });
    for (auto& call : calls) {
        const auto queue = room_queues_.try_emplace(call->operation.room_id).first;
        ++size_;
        bytes_ += call->bytes();
        queue->second.waiting.push_front(std::move(call));
        update_ready(queue);
    }
}

std::optional<std::uint64_t> AppendBatcher::first() const {
    if (ready_.empty()) return std::nullopt;
    return ready_.begin()->first;
}

std::vector<const PendingCall*> AppendBatcher::heads(std::size_t most) const {
    std::vector<const PendingCall*> heads;
    for (auto next = ready_.begin(); next != ready_.end() && heads.size() < most; ++next) {
        heads.push_back(&next->second->second.waiting.front());
    }
    return heads;
}

std::vector<AppendBatcher::CallPtr> AppendBatcher::take() {
    std::vector<CallPtr> taken;
    if (ready_.empty()) return taken;
    BatchableJob::Size size;
    const auto first = ready_.begin()->second;
    const auto scope = first->second.waiting.front().scope;
    bool more = take_from(first, taken, size);
    if (scope != BatchScope::any_room) return taken;
    for (auto next = ready_.begin(); more && next != ready_.end();) {
        const auto queue = (next++)->second;
        if (queue->second.waiting.front().scope != BatchScope::any_room) continue;
        more = take_from(queue, taken, size);
    }
    return taken;
}

bool AppendBatcher::take_from(RoomQueues::iterator queue,
                              std::vector<CallPtr>& taken,
                              BatchableJob::Size& size) {
    auto& waiting = queue->second.waiting;
    const auto scope = waiting.front().scope;
    bool more = true;
    while (!waiting.empty() && waiting.front().scope == scope) {
        const auto added = waiting.front().job->batchable()->size();
        more = taken.empty() || fits(size, added);
        if (!more) break;
        size.events += added.events;
        size.bytes += added.bytes;
        taken.push_back(waiting.pop_front());
        --size_;
        bytes_ -= taken.back()->bytes();
        queue->second.held = true;
        if (scope == BatchScope::alone) break;
    }
    update_ready(queue);
    return more;
}

bool AppendBatcher::fits(const BatchableJob::Size& have,
                         const BatchableJob::Size& more) const noexcept {
    return have.events + more.events <= bounds_.events && have.bytes + more.bytes <= bounds_.bytes;
}

void AppendBatcher::release(const Rooms& rooms) {
    for (const auto& room : rooms) {
        const auto queue = room_queues_.find(room);
        if (queue == room_queues_.end()) continue;
        queue->second.held = false;
        update_ready(queue);
    }
}

bool AppendBatcher::remove(PendingCall& call) {
    const auto queue = room_queues_.find(call.operation.room_id);
    if (queue == room_queues_.end() || !queue->second.waiting.holds(call)) return false;
    const auto removed = queue->second.waiting.remove(call);
    --size_;
    bytes_ -= call.bytes();
    update_ready(queue);
    return true;
}

void AppendBatcher::update_ready(RoomQueues::iterator queue) {
    auto& [waiting, held, ready_as] = queue->second;
    if (ready_as) ready_.erase(*std::exchange(ready_as, std::nullopt));
    if (!held && !waiting.empty()) {
        ready_as = waiting.front().ticket;
        ready_.emplace(*ready_as, queue);
    }
    if (!held && waiting.empty()) room_queues_.erase(queue);
}

AppendBatcher::Rooms rooms_of(const std::vector<AppendBatcher::CallPtr>& calls) {
    AppendBatcher::Rooms rooms;
    rooms.reserve(calls.size());
    for (const auto& call : calls) rooms.push_back(call->operation.room_id);
    std::ranges::sort(rooms);
    rooms.erase(std::ranges::unique(rooms).begin(), rooms.end());
    return rooms;
}

}  // namespace roomstore::postgres
