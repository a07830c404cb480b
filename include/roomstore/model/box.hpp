#pragma once

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace roomstore {

/// A value on the heap, so that a type can contain itself. Copies are deep. Boxes are not
/// comparable; compare their values. A moved-from box may only be copied, assigned to or destroyed.
/// @ingroup values
template <typename T>
class Box {
public:
    /// Holds a default-constructed value.
    Box() : value_(std::make_unique<T>()) {}

    /// Holds a `T` constructed from `value`.
    template <typename U>
        requires(!std::same_as<std::remove_cvref_t<U>, Box> && std::constructible_from<T, U>)
    Box(U&& value) : value_(std::make_unique<T>(std::forward<U>(value))) {}

    /// Copies the value.
    Box(const Box& other) : value_(other.value_ ? std::make_unique<T>(*other.value_) : nullptr) {}
    /// Moves the value; `other` is left without one.
    Box(Box&& other) noexcept = default;
    /// Copies the value.
    Box& operator=(const Box& other) {
        if (this != &other) value_ = other.value_ ? std::make_unique<T>(*other.value_) : nullptr;
        return *this;
    }
    /// Moves the value; `other` is left without one.
    Box& operator=(Box&& other) noexcept = default;
    ~Box() = default;

    /// The value. Undefined for a moved-from box.
    T& operator*() noexcept { return *value_; }
    /// The value. Undefined for a moved-from box.
    const T& operator*() const noexcept { return *value_; }
    /// The value; null for a moved-from box.
    T* operator->() noexcept { return value_.get(); }
    /// The value; null for a moved-from box.
    const T* operator->() const noexcept { return value_.get(); }

private:
    std::unique_ptr<T> value_;
};

}  // namespace roomstore
