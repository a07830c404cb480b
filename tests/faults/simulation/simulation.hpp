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

/// A pool that was closed, and how long that took.
struct Closing {
    const Process* process;
    TimePoint began;
    TimePoint ended;
};

/// One run: the server, the processes, their clients, and all they were told.
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
    /// Since when nothing goes wrong any more.
    TimePoint fair_since() const noexcept { return fault_plan_.ends; }

private:
    void open_pool(Process& process);
    void close_and_reopen(Process& process);
    void be_client(int number);
    void crowd(Process& process, int number);
    void be_coordinator(std::vector<Task*> clients);
    void settle_what_is_unknown();
    void shut_down_all();

    RequestPtr next_request(int client);
    Request new_append(int client);
    RoomEvent new_event(int client, const std::string& room_id);
    void draw_patience(Request& request);
    CallRecord& call(Process& process, int client, RequestPtr request);
    Process& any_process();

    Scheduler scheduler_;
    Trace trace_;
    bool lively_;
    FaultPlan fault_plan_;
    Server server_;
    Network network_;
    PostgresOptions options_;
    /// In permille of the calls: callers who lose interest, and deadlines that are short.
    int cancelled_ = 0;
    int hurried_ = 0;
    /// Whether callers ask the more often the less they get.
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
