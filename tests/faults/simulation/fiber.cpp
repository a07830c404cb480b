#include "faults/simulation/fiber.hpp"

#include <csetjmp>
#include <cstdint>
#include <cstring>
#include <cxxabi.h>
#include <new>
#include <sys/mman.h>
#include <ucontext.h>
#include <utility>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#define ROOMSTORE_SIMULATION_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ROOMSTORE_SIMULATION_ASAN 1
#endif
#endif

#ifdef ROOMSTORE_SIMULATION_ASAN
#include <sanitizer/common_interface_defs.h>
#endif

namespace roomstore::simulation {

namespace {

#ifdef ROOMSTORE_SIMULATION_ASAN
constexpr std::size_t stack_size = std::size_t{1} << 20;
#else
constexpr std::size_t stack_size = std::size_t{1} << 17;
#endif
constexpr std::size_t guard_size = 4096;

/// Keeps stacks for later fibers. A guard page below each stack detects an overflow.
class Stacks {
public:
    char* take() {
        if (!free_.empty()) {
            char* const stack = free_.back();
            free_.pop_back();
            return stack;
        }
        void* const memory = mmap(nullptr,
                                  guard_size + stack_size,
                                  PROT_READ | PROT_WRITE,
                                  MAP_PRIVATE | MAP_ANONYMOUS,
                                  -1,
                                  0);
        if (memory == MAP_FAILED) throw std::bad_alloc();
        mprotect(memory, guard_size, PROT_NONE);
        return static_cast<char*>(memory) + guard_size;
    }

    void give_back(char* stack) { free_.push_back(stack); }

private:
    std::vector<char*> free_;
};

Stacks& stacks() {
    static Stacks all;
    return all;
}

/// Per-thread state of the C++ runtime: the exceptions being handled. It is switched with the
/// fiber, which may wait inside a handler. The layout is that of the Itanium C++ ABI, section
/// 2.2.2.
struct ExceptionState {
    void* caught = nullptr;
    unsigned uncaught = 0;

    void exchange() noexcept {
        auto* const current = reinterpret_cast<ExceptionState*>(abi::__cxa_get_globals());
        std::swap(caught, current->caught);
        std::swap(uncaught, current->uncaught);
    }
};

}  // namespace

struct Fiber::Context {
    char* stack = stacks().take();
    ucontext_t inside{};
    ucontext_t outside{};
    ExceptionState exceptions;
#ifdef ROOMSTORE_SIMULATION_ASAN
    void* fake_inside = nullptr;
    void* fake_outside = nullptr;
    const void* outer_stack = nullptr;
    std::size_t outer_size = 0;
#else
    // Jumps between live frames, like swapcontext but without its system call.
    std::jmp_buf jump_inside;
    std::jmp_buf jump_outside;
#endif

    Context() = default;
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
    ~Context() { stacks().give_back(stack); }
};

Fiber::Fiber(std::function<void()> body) : body_(std::move(body)) {}

Fiber::~Fiber() = default;

void Fiber::resume() {
    if (!context_) {
        context_ = std::make_unique<Context>();
        getcontext(&context_->inside);
        context_->inside.uc_stack.ss_sp = context_->stack;
        context_->inside.uc_stack.ss_size = stack_size;
        context_->inside.uc_link = nullptr;
        const auto self = reinterpret_cast<std::uintptr_t>(this);
        makecontext(&context_->inside,
                    reinterpret_cast<void (*)()>(&Fiber::enter),
                    2,
                    static_cast<unsigned>(self >> 32U),
                    static_cast<unsigned>(self & 0xffffffffU));
    }
    context_->exceptions.exchange();
    switch_in();
    context_->exceptions.exchange();
    if (done_) context_.reset();
}

void Fiber::suspend() { switch_out(false); }

void Fiber::enter(unsigned high, unsigned low) {
    const auto self = (static_cast<std::uintptr_t>(high) << 32U) | low;
    reinterpret_cast<Fiber*>(self)->run();
}

void Fiber::run() noexcept {
#ifdef ROOMSTORE_SIMULATION_ASAN
    __sanitizer_finish_switch_fiber(nullptr, &context_->outer_stack, &context_->outer_size);
#endif
    body_();
    body_ = nullptr;
    done_ = true;
    switch_out(true);
}

#ifdef ROOMSTORE_SIMULATION_ASAN

void Fiber::switch_in() {
    auto& context = *context_;
    __sanitizer_start_switch_fiber(&context.fake_outside, context.stack, stack_size);
    swapcontext(&context.outside, &context.inside);
    __sanitizer_finish_switch_fiber(context.fake_outside, nullptr, nullptr);
}

void Fiber::switch_out(bool for_good) {
    auto& context = *context_;
    __sanitizer_start_switch_fiber(
        for_good ? nullptr : &context.fake_inside, context.outer_stack, context.outer_size);
    swapcontext(&context.inside, &context.outside);
    __sanitizer_finish_switch_fiber(context.fake_inside, &context.outer_stack, &context.outer_size);
}

#else

void Fiber::switch_in() {
    if (_setjmp(context_->jump_outside) != 0) return;
    if (started_) _longjmp(context_->jump_inside, 1);
    started_ = true;
    setcontext(&context_->inside);
}

void Fiber::switch_out(bool for_good) {
    if (!for_good && _setjmp(context_->jump_inside) != 0) return;
    _longjmp(context_->jump_outside, 1);
}

#endif

}  // namespace roomstore::simulation
