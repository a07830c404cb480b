#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <iterator>
#include <limits>
#include <utility>
#include <vector>

namespace roomstore::detail::memory {

/// A sorted set that finds elements by key and by rank, both in logarithmic time; by rank in
/// constant time as long as elements are only added and removed at the end.
///
/// The elements are stored in chunks of at most `capacity`. While all chunks but the last are full,
/// a rank is found by division. After the first change in the middle, a binary indexed tree (P.
/// Fenwick, "A new data structure for cumulative frequency tables", 1994) holds the sums of the
/// chunk sizes.
///
/// `Order` has a type `Key`, ordered by `<`, and `static Key key(const T&)`. A key may refer to the
/// object that an element points to, but not to the element itself. Moving a `T` must not throw.
template <typename T, typename Order, std::size_t capacity = 256>
class RankedSet {
public:
    static_assert(capacity >= 2);
    using Key = typename Order::Key;

    RankedSet() = default;
    RankedSet(const RankedSet&) = delete;
    RankedSet& operator=(const RankedSet&) = delete;
    RankedSet(RankedSet&& other) noexcept { swap(other); }
    RankedSet& operator=(RankedSet&& other) noexcept {
        RankedSet moved(std::move(other));
        swap(moved);
        return *this;
    }
    ~RankedSet() = default;

    void swap(RankedSet& other) noexcept {
        chunks_.swap(other.chunks_);
        sums_.swap(other.sums_);
        std::swap(size_, other.size_);
        std::swap(full_, other.full_);
    }

    /// A position in the set; invalidated by any change of the set.
    class Iterator {
    public:
        using iterator_category = std::bidirectional_iterator_tag;
        using value_type = T;
        using difference_type = std::ptrdiff_t;
        using pointer = const T*;
        using reference = const T&;

        Iterator() = default;
        reference operator*() const noexcept { return set_->chunks_[chunk_].items[offset_]; }
        pointer operator->() const noexcept { return &**this; }
        Iterator& operator++() noexcept {
            if (++offset_ == set_->chunks_[chunk_].items.size()) {
                ++chunk_;
                offset_ = 0;
            }
            return *this;
        }
        Iterator operator++(int) noexcept {
            Iterator before = *this;
            ++*this;
            return before;
        }
        Iterator& operator--() noexcept {
            if (offset_ == 0) offset_ = set_->chunks_[--chunk_].items.size();
            --offset_;
            return *this;
        }
        Iterator operator--(int) noexcept {
            Iterator before = *this;
            --*this;
            return before;
        }
        bool operator==(const Iterator& other) const noexcept {
            return chunk_ == other.chunk_ && offset_ == other.offset_;
        }

    private:
        friend RankedSet;
        Iterator(const RankedSet* set, std::size_t chunk, std::size_t offset) noexcept
            : set_(set), chunk_(chunk), offset_(offset) {}

        const RankedSet* set_ = nullptr;
        std::size_t chunk_ = 0;
        std::size_t offset_ = 0;
    };

    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }
    const T& front() const noexcept { return chunks_.front().items.front(); }
    const T& back() const noexcept { return chunks_.back().items.back(); }
    Iterator begin() const noexcept { return {this, 0, 0}; }
    Iterator end() const noexcept { return {this, chunks_.size(), 0}; }

    /// The element with `rank` elements before it; `end()` if there is none.
    Iterator at(std::size_t rank) const noexcept {
        if (rank >= size_) return end();
        if (full_) return {this, rank / capacity, rank % capacity};
        std::size_t chunk = 0;
        for (std::size_t step = std::bit_floor(chunks_.size()); step > 0; step /= 2) {
            if (chunk + step <= chunks_.size() && sums_[chunk + step - 1] <= rank) {
                chunk += step;
                rank -= sums_[chunk - 1];
            }
        }
        return {this, chunk, rank};
    }

    /// Number of elements before `place`.
    std::size_t rank(Iterator place) const noexcept {
        if (full_ && place.chunk_ < chunks_.size()) {
            return place.chunk_ * capacity + place.offset_;
        }
        if (place.chunk_ == chunks_.size()) return size_;
        std::size_t before = place.offset_;
        for (std::size_t i = place.chunk_; i > 0; i -= i & -i) before += sums_[i - 1];
        return before;
    }

    /// The first element whose key is not less than `key`.
    Iterator lower_bound(const Key& key) const noexcept {
        return bound(key, [&](const T& item) { return Order::key(item) < key; });
    }

    /// The first element whose key is greater than `key`.
    Iterator upper_bound(const Key& key) const noexcept {
        return bound(key, [&](const T& item) { return !(key < Order::key(item)); });
    }

    /// The element with that key, or `end()`.
    Iterator find(const Key& key) const noexcept {
        const Iterator place = lower_bound(key);
        return place == end() || key < Order::key(*place) ? end() : place;
    }

    /// The element at `place`; may be replaced by one with the same key.
    T& value(Iterator place) noexcept { return chunks_[place.chunk_].items[place.offset_]; }

    /// Adds `item` unless its key is in the set.
    /// @returns whether it was added. Strong exception guarantee.
    bool insert(T item) {
        const Key key = Order::key(item);
        if (chunks_.empty() || Order::key(back()) < key) {
            append(std::move(item));
            return true;
        }
        const Iterator place = lower_bound(key);
        if (!(key < Order::key(*place))) return false;
        insert_before(place, std::move(item));
        return true;
    }

    /// Removes the element with that key.
    /// @returns whether there was one.
    bool erase(const Key& key) noexcept {
        const Iterator place = find(key);
        if (place == end()) return false;
        auto& items = chunks_[place.chunk_].items;
        items.erase(items.begin() + static_cast<std::ptrdiff_t>(place.offset_));
        --size_;
        if (items.empty()) {
            remove_chunk(place.chunk_);
            return true;
        }
        if (place.offset_ == 0) chunks_[place.chunk_].first = Order::key(items.front());
        if (!full_) {
            add_to_sums(place.chunk_, (std::numeric_limits<std::size_t>::max)());
            merge_around(place.chunk_);
        } else if (place.chunk_ + 1 != chunks_.size()) {
            sum_up();
        }
        return true;
    }

private:
    struct Chunk {
        Key first;
        std::vector<T> items;
    };

    template <typename Before>
    Iterator bound(const Key& key, const Before& before) const noexcept {
        if (chunks_.empty()) return end();
        auto chunk = std::upper_bound(
            chunks_.begin(), chunks_.end(), key, [](const Key& wanted, const Chunk& candidate) {
                return wanted < candidate.first;
            });
        if (chunk != chunks_.begin()) --chunk;
        const auto& items = chunk->items;
        const auto item = std::partition_point(items.begin(), items.end(), before);
        const auto number = static_cast<std::size_t>(chunk - chunks_.begin());
        if (item == items.end()) return {this, number + 1, 0};
        return {this, number, static_cast<std::size_t>(item - items.begin())};
    }

    void append(T item) {
        if (chunks_.empty() || chunks_.back().items.size() == capacity) {
            reserve_chunk();
            Chunk chunk{Order::key(item), {}};
            // The first chunk grows as it is filled, since most sets are small.
            chunk.items.reserve(chunks_.empty() ? 1 : capacity);
            chunk.items.push_back(std::move(item));
            chunks_.push_back(std::move(chunk));
            if (!full_) append_to_sums();
        } else {
            chunks_.back().items.push_back(std::move(item));
            if (!full_) add_to_sums(chunks_.size() - 1, 1);
        }
        ++size_;
    }

    /// `place` must not be `end()`.
    void insert_before(Iterator place, T item) {
        if (chunks_[place.chunk_].items.size() == capacity) {
            split(place.chunk_);
            if (place.offset_ > capacity / 2) {
                ++place.chunk_;
                place.offset_ -= capacity / 2;
            }
        }
        auto& chunk = chunks_[place.chunk_];
        chunk.items.insert(chunk.items.begin() + static_cast<std::ptrdiff_t>(place.offset_),
                           std::move(item));
        if (place.offset_ == 0) chunk.first = Order::key(chunk.items.front());
        if (!full_) add_to_sums(place.chunk_, 1);
        ++size_;
    }

    /// Both halves can take one more element afterwards.
    void split(std::size_t number) {
        reserve_chunk();
        std::vector<T> upper;
        upper.reserve(capacity);
        auto& items = chunks_[number].items;
        const auto middle = items.begin() + static_cast<std::ptrdiff_t>(capacity / 2);
        upper.assign(std::move_iterator(middle), std::move_iterator(items.end()));
        items.erase(middle, items.end());
        Chunk chunk{Order::key(upper.front()), std::move(upper)};
        chunks_.insert(chunks_.begin() + static_cast<std::ptrdiff_t>(number) + 1, std::move(chunk));
        sum_up();
    }

    void remove_chunk(std::size_t number) noexcept {
        const bool last = number + 1 == chunks_.size();
        chunks_.erase(chunks_.begin() + static_cast<std::ptrdiff_t>(number));
        if (chunks_.empty()) {
            full_ = true;
        } else if (!full_ || !last) {
            sum_up();
        }
    }

    /// Prevents a set from consisting of nearly empty chunks after many removals.
    void merge_around(std::size_t number) noexcept {
        if (number > 0 && try_merge(number - 1)) return;
        if (number + 1 < chunks_.size()) try_merge(number);
    }

    /// Moves the next chunk into this one if at most half of it is then full and no allocation is
    /// needed.
    bool try_merge(std::size_t number) noexcept {
        auto& items = chunks_[number].items;
        auto& next = chunks_[number + 1].items;
        const std::size_t together = items.size() + next.size();
        if (together > capacity / 2 || together > items.capacity()) return false;
        items.insert(items.end(), std::move_iterator(next.begin()), std::move_iterator(next.end()));
        chunks_.erase(chunks_.begin() + static_cast<std::ptrdiff_t>(number) + 1);
        sum_up();
        return true;
    }

    /// Reserves memory for one more chunk and for the sums of all chunks.
    void reserve_chunk() {
        if (chunks_.size() == chunks_.capacity()) {
            const std::size_t wanted = std::max<std::size_t>(1, chunks_.size() * 2);
            sums_.reserve(wanted);
            chunks_.reserve(wanted);
        }
        sums_.reserve(chunks_.capacity());
    }

    void sum_up() noexcept {
        full_ = false;
        sums_.assign(chunks_.size(), 0);
        for (std::size_t i = 0; i < chunks_.size(); ++i) {
            sums_[i] += chunks_[i].items.size();
            const std::size_t parent = i | (i + 1);
            if (parent < sums_.size()) sums_[parent] += sums_[i];
        }
    }

    void append_to_sums() noexcept {
        const std::size_t number = chunks_.size();
        std::size_t sum = chunks_.back().items.size();
        for (std::size_t i = number - 1, first = number - (number & -number); i > first;
             i -= i & -i) {
            sum += sums_[i - 1];
        }
        sums_.push_back(sum);
    }

    /// Sums are unsigned and wrap: adding the maximum value subtracts one.
    void add_to_sums(std::size_t chunk, std::size_t change) noexcept {
        for (std::size_t i = chunk; i < sums_.size(); i |= i + 1) sums_[i] += change;
    }

    std::vector<Chunk> chunks_;
    std::vector<std::size_t> sums_;
    std::size_t size_ = 0;
    /// If true, all chunks but the last hold `capacity` elements and `sums_` is not maintained.
    bool full_ = true;
};

}  // namespace roomstore::detail::memory
