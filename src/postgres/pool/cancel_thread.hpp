#pragma once

#include <memory>

#include "pool/pool_core.hpp"

namespace roomstore::postgres {

/// The thread that asks the server to cancel statements. A request may block for as long as the
/// server is silent, and nothing can interrupt it, so the thread may outlive the pool's other
/// threads; it keeps the pool alive.
///
/// All functions but `start` are called with the lock of the pool held.
class PoolCore::CancelThread {
public:
    explicit CancelThread(PoolCore& pool) : pool_(pool) {}

    void start();
    /// Cancels the statement that the worker is running.
    void request(Worker& worker);
    /// Tells the thread to end after the request that it is sending.
    void quit();
    /// Joins the thread, or detaches it if it is stuck. Releases the lock while it waits.
    void end(Lock& lock);

private:
    void run();
    Worker* next_to_cancel();

    PoolCore& pool_;
    platform::ConditionVariable wanted_;  // there is a statement to cancel
    AttemptLimit requests_{20};
    bool quits_ = false;
    bool exited_ = false;
    platform::Thread thread_;
};

}  // namespace roomstore::postgres
