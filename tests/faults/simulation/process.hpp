#pragma once

#include <memory>
#include <string>
#include <vector>

#include "faults/simulation/scheduler.hpp"
#include "pool/backoff.hpp"

namespace roomstore::postgres {
class PoolCore;
}

namespace roomstore::simulation {

/// A failure of a session that was not caused by its own process.
struct Mishap {
    TimePoint at;
    std::string sqlstate;
    std::string text;
    bool in_doubt = false;
    /// The only room affected; empty: any room.
    std::string room_id{};
};

/// A client process with a pool of its own.
struct Process {
    int number = 0;
    std::shared_ptr<postgres::PoolCore> pool{};
    postgres::AttemptLimit connection_attempts{10};

    /// Times of its connection attempts, except the first attempt of each session.
    std::vector<TimePoint> reconnects{};
    std::vector<Mishap> mishaps{};
    /// Times when one of its statements failed in a way that retrying does not cure.
    std::vector<TimePoint> unretryable{};
    /// Times when it gave up a working connection because of a fault behind the server.
    std::vector<TimePoint> given_up{};
    /// Times when it began to close a pool.
    std::vector<TimePoint> closings{};
};

}  // namespace roomstore::simulation
