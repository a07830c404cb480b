#pragma once

#include <utility>

namespace roomstore::detail::memory {

/// Undoes a step if the scope is left before `release()`, that is, by an exception.
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
