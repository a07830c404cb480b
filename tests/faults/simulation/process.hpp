#pragma once

#include <memory>
#include <string>
#include <vector>

#include "faults/simulation/scheduler.hpp"
#include "pool/retry.hpp"

namespace roomstore::postgres {
class PoolCore;
}

namespace roomstore::simulation {

/// Something that went wrong with a session and was not of its own process's doing.
struct Mishap {
    TimePoint at;
    std::string sqlstate;
    std::string text;
    bool in_doubt = false;
    /// The only room that it concerns; empty: any.
    std::string room_id{};
};

/// One program that uses the database, with a pool of its own.
struct Process {
    int number = 0;
    std::shared_ptr<postgres::PoolCore> pool{};
    postgres::AttemptLimit connection_attempts{10};

    /// When it asked for a connection again: all but the first attempts of its sessions.
    std::vector<TimePoint> reconnects{};
    std::vector<Mishap> mishaps{};
    /// When the server failed one of its statements for a reason that no repetition helps against.
    std::vector<TimePoint> hopeless{};
    /// When it gave up a connection that was in order, for a reason that lies behind the server.
    std::vector<TimePoint> given_up{};
    /// When it began to close its pools.
    std::vector<TimePoint> closings{};
};

}  // namespace roomstore::simulation
