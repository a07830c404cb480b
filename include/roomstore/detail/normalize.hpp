#pragma once

#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "roomstore/model/event.hpp"
#include "roomstore/model/participant.hpp"

namespace roomstore::detail {

/// The empty idempotency key is no key: stores keep it as absent.
inline void normalize_idempotency_key(RoomEvent& event) {
    if (event.idempotency_key && event.idempotency_key->empty()) event.idempotency_key.reset();
}

/// `channel_id` first, then the other channels in the order given, each once.
inline void normalize_connected_via(Participant& participant) {
    std::vector<std::string> channels;
    std::unordered_set<std::string> seen{participant.channel_id};
    channels.reserve(participant.connected_via.size() + 1);
    channels.push_back(participant.channel_id);
    for (std::string& channel : participant.connected_via) {
        if (seen.insert(channel).second) channels.push_back(std::move(channel));
    }
    participant.connected_via = std::move(channels);
}

}  // namespace roomstore::detail
