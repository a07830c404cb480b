#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace roomstore::simulation {

/// Runs a function on a stack of its own until it suspends itself. All fibers of a process run on
/// one thread.
class Fiber {
public:
    explicit Fiber(std::function<void()> body);
    Fiber(const Fiber&) = delete;
    Fiber& operator=(const Fiber&) = delete;
    ~Fiber();

    /// Runs it until it suspends itself or ends. Must not be called within a fiber.
    void resume();

    /// Returns to the caller of resume(). Must be called within the fiber.
    void suspend();

    bool done() const noexcept { return done_; }

private:
    struct Context;

    static void enter(unsigned high, unsigned low);
    void run() noexcept;
    void switch_in();
    void switch_out(bool for_good);

    std::function<void()> body_;
    std::unique_ptr<Context> context_;
    bool started_ = false;
    bool done_ = false;
};

}  // namespace roomstore::simulation
