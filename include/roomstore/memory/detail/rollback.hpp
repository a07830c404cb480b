#pragma once

#include <utility>

namespace roomstore::detail::memory {

/// Undoes a step when the scope is left by an exception, that is before `release()`.
template <typename Undo>
class Rollback {
public:
    explicit Rollback(Undo undo) noexcept : undo_(std::move(undo)) {}
    Rollback(const Rollback&) = delete;
    Rollback& operator=(const Rollback&) = delete;
    ~Rollback() {
        if (armed_) undo_();
    }

    void release() noexcept { armed_ = false; }

private:
    Undo undo_;
    bool armed_ = true;
};

}  // namespace roomstore::detail::memory
