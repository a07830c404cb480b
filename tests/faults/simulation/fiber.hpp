#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace roomstore::simulation {

/// A stack of its own for one function, which runs until it suspends itself. All fibers of a
/// process run on one thread.
class Fiber {
public:
    explicit Fiber(std::function<void()> body);
    Fiber(const Fiber&) = delete;
    Fiber& operator=(const Fiber&) = delete;
    ~Fiber();

    /// Runs it until it suspends itself or ends. Not from within a fiber.
    void resume();

    /// From within: back to whoever resumed it.
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
