#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "driver/session.hpp"
#include "faults/simulation/fault_plan.hpp"
#include "faults/simulation/process.hpp"
#include "faults/simulation/server.hpp"
#include "faults/simulation/trace.hpp"

namespace roomstore::simulation {

/// A COMMIT that a process has sent, with one of the writes in its transaction.
struct SentCommit {
    std::uint64_t at;
    const Process* process;
    std::string what;  // the id of an event, or a token
};

/// What the sessions of one run share.
struct Network {
    Scheduler& scheduler;
    Server& server;
    const FaultPlan& fault_plan;
    Trace& trace;
    std::vector<SentCommit> commits{};

    bool bad() const { return scheduler.now() < fault_plan.ends; }
    /// End of a fault that would last until `when`: at the latest 500 ms after the fault plan ends.
    TimePoint clears(TimePoint when) const {
        if (fault_plan.ends == TimePoint::max()) return when;
        const auto fair = fault_plan.ends + std::chrono::milliseconds{500};
        return scheduler.now() < fair ? std::min(when, fair) : when;
    }
    bool happens(int permille) const { return bad() && scheduler.random().chance(permille); }
};

/// Error texts of a connection attempt, and of a connection, that its own process has cut.
inline constexpr const char* attempt_ended = "the attempt was ended";
inline constexpr const char* connection_cut = ": cut";

class SimulatedControl;

/// A session on the model server, over a network that fails according to the fault plan. It throws
/// the same errors and reports the same connection state as the real one
/// (driver/server_session.cpp).
class SimulatedSession final : public postgres::Session {
public:
    SimulatedSession(Network& network, Process& process);
    ~SimulatedSession() override { disconnect(); }
    SimulatedSession(const SimulatedSession&) = delete;
    SimulatedSession& operator=(const SimulatedSession&) = delete;

    postgres::Result exec(const postgres::Statement& statement,
                          const postgres::Params& params) override;
    using Session::exec_all;
    void exec_all(const std::vector<postgres::Request>& requests,
                  std::vector<postgres::Result>& results) override;
    void run_command(const std::string& command) override;
    void require_usable() const override;

    void connect(Clock::time_point deadline) override;
    void disconnect() noexcept override;
    bool connected() const noexcept override { return backend_ != nullptr; }
    postgres::TransactionStatus transaction_status() const noexcept override;
    void begin() override;
    /// The model server has no standby.
    void expect_durable() override {}
    void commit() override;
    void rollback() override;
    std::shared_ptr<postgres::SessionControl> control() noexcept override;

private:
    friend class SimulatedControl;

    void note(const postgres::Failure& failure, const std::string& room_id = {});
    /// Waits for `duration`. Throws if the connection is lost, or the statement is cancelled or
    /// times out.
    void spend(std::chrono::nanoseconds duration);
    void check();
    [[noreturn]] void lose(const char* why, bool in_doubt = false);
    void refuse_by_chance(std::string_view statement);
    void refuse(const char* sqlstate, const char* why, const std::string& room_id = {});
    void refuse_lost_room(const postgres::Params& params);
    postgres::Result run(const postgres::Request& request);
    std::chrono::nanoseconds time_of_statement();
    void await_lock(TimePoint until);
    void note_commit();
    void await_commit(TimePoint when);
    void commit_on_bad_network();
    std::chrono::nanoseconds round_trip();

    Network& network_;
    Process& process_;
    Backend* backend_ = nullptr;
    std::shared_ptr<SimulatedControl> control_;
    bool connected_before_ = false;
    /// BEGIN goes out with the next statement.
    bool begin_pending_ = false;
    /// The server's last answer was that a part of it is lost (08006).
    bool part_lost_ = false;
};

/// Makes the sessions of one process.
class SimulatedSessions final : public postgres::SessionFactory {
public:
    SimulatedSessions(Network& network, Process& process) : network_(network), process_(process) {}

    std::unique_ptr<postgres::Session> make() override;
    std::string where() const override { return "the model server"; }
    std::vector<postgres::StatementReading> read_metrics() const override { return {}; }

private:
    Network& network_;
    Process& process_;
};

}  // namespace roomstore::simulation
