#pragma once

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace roomstore {

/// A value kept on the heap, so that a type can contain itself. Copies are deep, comparison is by
/// value. A moved-from box may only be assigned to or destroyed.
template <typename T>
class Box {
public:
    Box() : value_(std::make_unique<T>()) {}

    template <typename U>
        requires(!std::same_as<std::remove_cvref_t<U>, Box> && std::constructible_from<T, U>)
    Box(U&& value) : value_(std::make_unique<T>(std::forward<U>(value))) {}

    Box(const Box& other) : value_(other.value_ ? std::make_unique<T>(*other.value_) : nullptr) {}
    Box(Box&&) noexcept = default;
    Box& operator=(const Box& other) {
        if (this != &other) value_ = other.value_ ? std::make_unique<T>(*other.value_) : nullptr;
        return *this;
    }
    Box& operator=(Box&&) noexcept = default;
    ~Box() = default;

    T& operator*() noexcept { return *value_; }
    const T& operator*() const noexcept { return *value_; }
    T* operator->() noexcept { return value_.get(); }
    const T* operator->() const noexcept { return value_.get(); }

private:
    std::unique_ptr<T> value_;
};

}  // namespace roomstore
