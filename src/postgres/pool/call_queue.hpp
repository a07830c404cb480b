#pragma once

#include <cstddef>
#include <memory>
#include <utility>

namespace roomstore::postgres {

/// Links of an element of a `LinkedQueue`. A member of the element that only the queue uses.
template <typename T>
struct QueueLinks {
    /// The queue that holds the element; null if none does.
    const void* queue = nullptr;
    T* previous = nullptr;
    T* next = nullptr;
    /// Keeps the element alive while it is in a queue.
    std::shared_ptr<T> self{};
};

/// Intrusive doubly linked list of elements that have the members `links()` and `bytes()`; the
/// latter never changes. All operations on one element take constant time, allocate nothing and
/// cannot fail. An element is in one queue at most.
template <typename T>
class LinkedQueue {
public:
    using Pointer = std::shared_ptr<T>;

    LinkedQueue() = default;
    ~LinkedQueue() {
        while (!empty()) pop_front();
    }
    LinkedQueue(const LinkedQueue&) = delete;
    LinkedQueue& operator=(const LinkedQueue&) = delete;

    bool empty() const noexcept { return first_ == nullptr; }
    std::size_t size() const noexcept { return size_; }
    /// The sum of the elements' bytes.
    std::size_t bytes() const noexcept { return bytes_; }
    bool holds(const T& element) const noexcept { return element.links().queue == this; }
    T& front() const noexcept { return *first_; }

    void push_back(Pointer element) noexcept { insert(std::move(element), last_, nullptr); }
    void push_front(Pointer element) noexcept { insert(std::move(element), nullptr, first_); }
    Pointer pop_front() noexcept { return remove(*first_); }

    /// Removes an element that the queue holds.
    Pointer remove(T& element) noexcept {
        auto& links = element.links();
        (links.previous == nullptr ? first_ : links.previous->links().next) = links.next;
        (links.next == nullptr ? last_ : links.next->links().previous) = links.previous;
        links.queue = nullptr;
        links.previous = links.next = nullptr;
        --size_;
        bytes_ -= element.bytes();
        return std::move(links.self);
    }

    /// Removes all elements for which `pred` is true; returns their number.
    template <typename Pred>
    std::size_t remove_if(Pred pred) {
        std::size_t removed = 0;
        for (T* element = first_; element != nullptr;) {
            T* const next = element->links().next;
            if (pred(*element)) {
                remove(*element);
                ++removed;
            }
            element = next;
        }
        return removed;
    }

private:
    void insert(Pointer element, T* previous, T* next) noexcept {
        T* const inserted = element.get();
        auto& links = inserted->links();
        links = {.queue = this, .previous = previous, .next = next, .self = std::move(element)};
        (previous == nullptr ? first_ : previous->links().next) = inserted;
        (next == nullptr ? last_ : next->links().previous) = inserted;
        ++size_;
        bytes_ += inserted->bytes();
    }

    T* first_ = nullptr;
    T* last_ = nullptr;
    std::size_t size_ = 0;
    std::size_t bytes_ = 0;
};

}  // namespace roomstore::postgres
