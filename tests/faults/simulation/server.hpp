#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "faults/simulation/fault_plan.hpp"
#include "faults/simulation/scheduler.hpp"
#include "faults/simulation/trace.hpp"

/// A model of the database, limited to what appends depend on: rooms, their events, and
/// transactions. READ COMMITTED isolation, row locks until the end of the transaction, unique ids,
/// keys and indexes.
namespace roomstore::simulation {

/// A stored event: its columns in the order of sql/events/columns.hpp.
struct StoredRow {
    static constexpr std::size_t columns = 17;
    std::array<std::optional<std::string>, columns> cells{};
    std::int64_t index = 0;

    const std::string& room_id() const { return *cells[0]; }
    const std::string& id() const { return *cells[2]; }
    const std::optional<std::string>& key() const { return cells[12]; }
};
using RowPtr = std::shared_ptr<const StoredRow>;

/// The columns of a room that appends change.
struct Counters {
    std::int64_t event_count = 0;
    std::int64_t latest_index = 0;
    std::int64_t live_count = 0;
};

class Backend;

struct StoredRoom {
    std::string id{};
    Counters counters{};
    std::vector<RowPtr> events{};  // committed
    Backend* holder = nullptr;     // has the lock on its row

    const StoredRow* find_id(std::string_view event_id) const;
    const StoredRow* find_key(const std::optional<std::string>& key) const;
    bool has_index(std::int64_t index) const;
};

/// The server's side of one connection.
class Backend {
public:
    enum class State : std::uint8_t { idle, open, failed };

    explicit Backend(int given) : number(given) {}

    const int number;
    State state = State::idle;
    bool read_only = false;
    bool forgot_prepared = false;
    /// COMMIT is running.
    bool committing = false;
    /// Its client is gone, but it has not noticed yet.
    bool orphaned = false;
    /// It was terminated by a crash of the server.
    bool killed = false;
    /// The room whose lock it waits for. It may still get the lock after it is orphaned.
    StoredRoom* wants = nullptr;
    bool executing = false;
    /// A cancel request has arrived while a statement runs.
    bool cancelled = false;
    /// Its client's task, which is woken when the state of the backend changes.
    Task* client = nullptr;

    /// The changes of its transaction so far.
    std::map<StoredRoom*, Counters> changed{};
    std::vector<RowPtr> inserted{};
    std::vector<std::string> tokens{};
    /// Ids of all requested events, including those that were refused.
    std::vector<std::string> asked{};
    std::vector<StoredRoom*> locked{};
};

class Server {
public:
    Server(Scheduler& scheduler, Trace& trace, const FaultPlan& fault_plan);

    StoredRoom& add_room(const std::string& id);
    StoredRoom* find_room(std::string_view id);
    const std::map<std::string, std::unique_ptr<StoredRoom>, std::less<>>& rooms() const {
        return rooms_;
    }
    const std::set<std::string, std::less<>>& tokens() const noexcept { return tokens_; }
    std::size_t backends() const noexcept { return backends_.size(); }
    /// True if no backend still works for a client that is gone.
    bool quiet() const;

    /// @name Connections
    /// @{
    bool is_down() const { return within(fault_plan_.down); }
    bool has_lost_room() const { return within(fault_plan_.room_lost); }
    Backend& start(Task& client);
    /// The connection was closed (`politely`) or lost. The server notices within 2 ms or within one
    /// second, respectively; a running COMMIT goes on.
    void abandon(Backend& backend, bool politely);
    /// When an action that is due at `when` happens: after the freeze if the server is frozen then.
    TimePoint thawed(TimePoint when) const;
    /// A cancel request arrives.
    void cancel(Backend& backend);
    /// @}

    /// @name Transactions
    /// @{
    void roll_back(Backend& backend);
    /// Commits or rolls back at `when`. Locks are held until then, even if the client is gone.
    void finish_at(Backend& backend, TimePoint when, bool commits);
    /// Commits now.
    void commit(Backend& backend);
    /// Returns false if another backend holds the lock.
    bool try_lock(Backend& backend, StoredRoom& room);
    /// The counters of the room as this transaction sees them.
    Counters& change(Backend& backend, StoredRoom& room);
    /// Whether another open transaction has inserted a row that `row` would collide with.
    bool collides_with_others(const Backend& backend, const StoredRow& row) const;
    bool token_in_flight(const Backend& backend, const std::string& token) const;
    void wait_for_change(Backend& backend, TimePoint until);
    /// @}

private:
    static bool is_within(const std::vector<FaultPlan::Interval>& intervals, TimePoint when);
    bool within(const std::vector<FaultPlan::Interval>& intervals) const {
        return is_within(intervals, scheduler_.now());
    }

    void schedule_outages();
    void crash();
    void demote();
    void release(Backend& backend);
    void finish(int number, bool commits);
    void end(Backend& backend);
    Backend* find(int number);

    Scheduler& scheduler_;
    Trace& trace_;
    const FaultPlan& fault_plan_;
    std::map<std::string, std::unique_ptr<StoredRoom>, std::less<>> rooms_;
    std::set<std::string, std::less<>> tokens_;
    std::vector<std::unique_ptr<Backend>> backends_;
    std::vector<Backend*> waiting_;
    int numbers_ = 0;
};

}  // namespace roomstore::simulation
