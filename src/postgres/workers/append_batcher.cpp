#include "workers/append_batcher.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "workers/memory.hpp"

namespace roomstore::postgres {

void AppendBatcher::add(CallPtr call) {
    const auto lane = insist([&] { return lanes_.try_emplace(call->operation.room_id).first; });
    lane->second.waiting.push_back(std::move(call));
    ++size_;
    settle(lane);
}

void AppendBatcher::put_back(std::vector<CallPtr> calls) {
    std::ranges::sort(calls, std::greater{}, [](const auto& call) { return call->ticket; });
    for (auto& call : calls) {
        const auto lane = insist([&] { return lanes_.try_emplace(call->operation.room_id).first; });
        lane->second.waiting.push_front(std::move(call));
        ++size_;
        settle(lane);
    }
}

std::optional<std::uint64_t> AppendBatcher::first() const {
    if (ready_.empty()) return std::nullopt;
    return ready_.begin()->first;
}

std::vector<AppendBatcher::CallPtr> AppendBatcher::take() {
    std::vector<CallPtr> taken;
    if (ready_.empty()) return taken;
    JointJob::Size size;
    const auto first = ready_.begin()->second;
    const auto company = first->second.waiting.front().company;
    bool more = take_from(first, taken, size);
    if (company != Company::any) return taken;
    for (auto next = ready_.begin(); more && next != ready_.end();) {
        const auto lane = (next++)->second;
        if (lane->second.waiting.front().company != Company::any) continue;
        more = take_from(lane, taken, size);
    }
    return taken;
}

bool AppendBatcher::take_from(Lanes::iterator lane,
                              std::vector<CallPtr>& taken,
                              JointJob::Size& size) {
    auto& waiting = lane->second.waiting;
    const auto company = waiting.front().company;
    bool more = true;
    while (!waiting.empty() && waiting.front().company == company) {
        const auto added = waiting.front().job->joint()->size();
        more = taken.empty() || fits(size, added);
        if (!more) break;
        size.events += added.events;
        size.bytes += added.bytes;
        insist_on(taken, waiting.pop_front());
        --size_;
        lane->second.held = true;
        if (company == Company::none) break;
    }
    settle(lane);
    return more;
}

bool AppendBatcher::fits(const JointJob::Size& have, const JointJob::Size& more) const noexcept {
    return have.events + more.events <= bounds_.events && have.bytes + more.bytes <= bounds_.bytes;
}

void AppendBatcher::release(const Rooms& rooms) {
    for (const auto& room : rooms) {
        const auto lane = lanes_.find(room);
        if (lane == lanes_.end()) continue;
        lane->second.held = false;
        settle(lane);
    }
}

bool AppendBatcher::remove(PendingCall& call) {
    const auto lane = lanes_.find(call.operation.room_id);
    if (lane == lanes_.end() || !lane->second.waiting.holds(call)) return false;
    const auto removed = lane->second.waiting.remove(call);
    --size_;
    settle(lane);
    return true;
}

void AppendBatcher::settle(Lanes::iterator lane) {
    auto& [waiting, held, ready_as] = lane->second;
    if (ready_as) ready_.erase(*std::exchange(ready_as, std::nullopt));
    if (!held && !waiting.empty()) {
        ready_as = waiting.front().ticket;
        insist([&] { ready_.emplace(*ready_as, lane); });
    }
    if (!held && waiting.empty()) lanes_.erase(lane);
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
