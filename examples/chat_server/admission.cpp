#include "admission.hpp"

#include <algorithm>
#include <map>

namespace chat {

std::size_t count_sessions(const ServerState& state, const asio::ip::address& network) {
    const auto count =
        std::count_if(state.sessions.begin(), state.sessions.end(), [&](const auto& entry) {
            return entry.second->connection->network() == network;
        });
    return static_cast<std::size_t>(count);
}

SessionPtr find_expendable(const ServerState& state, std::optional<asio::ip::address> network) {
    struct Crowd {
        SessionPtr oldest{};
        std::size_t size = 0;
    };
    std::map<asio::ip::address, Crowd> crowds;
    // In the order of their ids, so the oldest comes first.
    for (const auto& [id, session] : state.sessions) {
        const auto& origin = session->connection->network();
        if (session->registered || (network && *network != origin)) continue;
        Crowd& crowd = crowds[origin];
        if (crowd.size++ == 0) crowd.oldest = session;
    }
    const auto largest = std::max_element(crowds.begin(), crowds.end(), [](auto& one, auto& other) {
        return one.second.size < other.second.size;
    });
    return largest == crowds.end() ? nullptr : largest->second.oldest;
}

}  // namespace chat
