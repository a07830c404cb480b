#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "faults/simulation/calls.hpp"
#include "faults/simulation/fault_plan.hpp"
#include "faults/simulation/process.hpp"
#include "faults/simulation/server.hpp"
#include "faults/simulation/session.hpp"
#include "faults/simulation/trace.hpp"
#include "roomstore/postgres/postgres_options.hpp"

namespace roomstore::simulation {

/// The closing of a pool.
struct Closing {
    const Process* process;
    TimePoint began;
    TimePoint ended;
};

/// One run: the server, the processes, their clients, and the outcomes of their calls.
class Simulation {
public:
    Simulation(std::uint64_t seed, bool traced);
    Simulation(const Simulation&) = delete;
    Simulation& operator=(const Simulation&) = delete;

    /// @throws Stuck.
    void run();

    const std::vector<CallRecord>& calls() const noexcept { return calls_; }
    const std::vector<Closing>& closings() const noexcept { return closings_; }
    const std::vector<std::unique_ptr<Process>>& processes() const noexcept { return processes_; }
    const std::vector<SentCommit>& commits() const noexcept { return network_.commits; }
    const PostgresOptions& options() const noexcept { return options_; }
    const Server& server() const noexcept { return server_; }
    const Trace& trace() const noexcept { return trace_; }
    std::uint64_t steps() const noexcept { return scheduler_.steps(); }
    std::uint64_t doubts() const noexcept { return doubts_; }
    /// End of the faults.
    TimePoint fair_since() const noexcept { return fault_plan_.ends; }

private:
    void open_pool(Process& process);
    void close_and_reopen(Process& process);
    void run_client(int number);
    void crowd(Process& process, int number);
    void run_coordinator(std::vector<Task*> clients);
    void settle_what_is_unknown();
    void shut_down_all();

    RequestPtr next_request(int client);
    Request new_append(int client);
    RoomEvent new_event(int client, const std::string& room_id);
    void draw_deadline_and_cancellation(Request& request);
    CallRecord& call(Process& process, int client, RequestPtr request);
    Process& any_process();

    Scheduler scheduler_;
    Trace trace_;
    bool lively_;
    FaultPlan fault_plan_;
    Server server_;
    Network network_;
    PostgresOptions options_;
    /// Permille of the calls that are cancelled, and that have a short deadline.
    int cancelled_ = 0;
    int hurried_ = 0;
    /// Whether clients make many short calls while the server is down.
    bool crowded_ = false;
    std::vector<std::string> room_ids_;
    std::vector<std::unique_ptr<Process>> processes_;
    std::vector<CallRecord> calls_;
    std::vector<RequestPtr> appends_;
    std::vector<Closing> closings_;
    int events_made_ = 0;
    std::uint64_t doubts_ = 0;
};

}  // namespace roomstore::simulation
