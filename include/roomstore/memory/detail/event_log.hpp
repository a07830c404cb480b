#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "roomstore/memory/detail/packed_event.hpp"
#include "roomstore/memory/detail/ranked_set.hpp"

namespace roomstore::detail::memory {

/// The live events of a room by index.
///
/// Events below the first index of the room (`trim_room`) are hidden: only the functions that say
/// so know them, until they are removed.
///
/// If there are no gaps between the first event and the last, the position of an index is computed;
/// otherwise the set is searched. Unread counts are computed as long as there is no gap above the
/// marker, even if there are gaps below it.
class EventLog {
public:
    struct Entry {
        std::int64_t index;
        EventPtr event;
    };
    struct Order {
        using Key = std::int64_t;
        static Key key(const Entry& entry) noexcept { return entry.index; }
    };
    using Iterator = RankedSet<Entry, Order>::Iterator;

    std::size_t size() const noexcept { return entries_.size() - hidden_; }
    bool empty() const noexcept { return size() == 0; }
    Iterator begin() const noexcept { return at(0); }
    Iterator end() const noexcept { return entries_.end(); }
    Iterator at(std::size_t rank) const noexcept { return entries_.at(hidden_ + rank); }

    /// Number of events before `place`.
    std::size_t rank(Iterator place) const noexcept { return entries_.rank(place) - hidden_; }

    std::int64_t first_index() const noexcept { return first_index_; }

    /// Hides the events below `index`, which must not be below the first index. Allocates no
    /// memory.
    void hide_below(std::int64_t index) noexcept {
        first_index_ = index;
        hidden_ = entries_.rank(entries_.lower_bound(index));
    }

    /// A hidden event, to be erased; null if there is none.
    const EventPtr* hidden() const noexcept {
        return hidden_ == 0 ? nullptr : &entries_.front().event;
    }

    /// Like `find`, but also finds hidden events.
    const EventPtr* find_any(std::int64_t index) const noexcept {
        if (index >= first_index_) return find(index);
        const Iterator place = entries_.find(index);
        return place == entries_.end() ? nullptr : &place->event;
    }

    /// The first event at `index` or above.
    Iterator lower_bound(std::int64_t index) const noexcept {
        if (empty() || index <= first()) return begin();
        if (index > last()) return end();
        if (has_no_hole()) return at(static_cast<std::size_t>(index - first()));
        return entries_.lower_bound(index);
    }

    /// The first event above `index`.
    Iterator upper_bound(std::int64_t index) const noexcept {
        if (empty() || index >= last()) return end();
        return lower_bound(index + 1);
    }

    /// The event at `index`, or null.
    const EventPtr* find(std::int64_t index) const noexcept {
        const Iterator place = lower_bound(index);
        return place == end() || place->index != index ? nullptr : &place->event;
    }

    /// Number of events above `index`.
    std::int64_t count_above(std::int64_t index) const noexcept {
        if (empty() || index >= last()) return 0;
        if (index < first()) return static_cast<std::int64_t>(size());
        if (index >= contiguous_from_ - 1) return last() - index;
        return static_cast<std::int64_t>(size() - rank(lower_bound(index + 1)));
    }

    /// Adds `event` at its index, which must not be below the first index.
    /// @returns false if the index is taken. Strong exception guarantee.
    bool insert(EventPtr event) {
        const std::int64_t index = event->index();
        const bool was_empty = empty();
        const std::int64_t old_last = was_empty ? 0 : last();
        if (!entries_.insert(Entry{index, std::move(event)})) return false;
        if (was_empty || (index > old_last && index - 1 != old_last)) {
            contiguous_from_ = index;
        } else if (contiguous_from_ - 1 == index) {
            contiguous_from_ = index;
        }
        return true;
    }

    /// Replaces the event that has the index of `event`.
    void replace(EventPtr event) noexcept {
        const Iterator place = lower_bound(event->index());
        entries_.value(place).event = std::move(event);
    }

    /// Removes the event at `index`, which may be hidden.
    /// @returns whether there was one.
    bool erase(std::int64_t index) noexcept {
        if (!entries_.erase(index)) return false;
        if (index < first_index_) {
            --hidden_;
            return true;
        }
        if (empty()) return true;
        if (index > last()) {
            contiguous_from_ = (std::min)(contiguous_from_, last());
        } else if (index >= contiguous_from_) {
            contiguous_from_ = index + 1;
        }
        return true;
    }

private:
    std::int64_t first() const noexcept {
        return hidden_ == 0 ? entries_.front().index : begin()->index;
    }
    std::int64_t last() const noexcept { return entries_.back().index; }
    bool has_no_hole() const noexcept {
        return static_cast<std::uint64_t>(last() - first()) + 1 == size();
    }

    RankedSet<Entry, Order> entries_;
    std::int64_t first_index_ = 0;
    /// Number of hidden events.
    std::size_t hidden_ = 0;
    /// Every index from here to the last is in use. Maintained without a search, so it may be
    /// higher than necessary after gaps were filled.
    std::int64_t contiguous_from_ = 0;
};

}  // namespace roomstore::detail::memory
