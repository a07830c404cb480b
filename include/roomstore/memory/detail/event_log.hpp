#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
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
///
/// Times need not ascend with the indexes, but the log knows how far they ever descend, at most:
/// its disorder. It bisects by time with that margin.
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

    /// The first rank that may hold an event after `time`.
    std::size_t first_after(Timestamp time) const noexcept {
        std::size_t first = 0;
        for (std::size_t past = size(); first < past;) {
            const std::size_t middle = first + (past - first) / 2;
            if (time_at(at(middle)) <= time - disorder_) {
                first = middle + 1;
            } else {
                past = middle;
            }
        }
        return first;
    }

    /// The first rank from which on no event is before `time`, as far as the log knows.
    std::size_t past_before(Timestamp time) const noexcept {
        std::size_t past = size();
        for (std::size_t first = 0; first < past;) {
            const std::size_t middle = first + (past - first) / 2;
            if (time_at(at(middle)) >= time + disorder_) {
                past = middle;
            } else {
                first = middle + 1;
            }
        }
        return past;
    }

    /// Adds `event` at its index, which must not be below the first index.
    /// @returns false if the index is taken. Strong exception guarantee.
    bool insert(EventPtr event) {
        const std::int64_t index = event->index();
        const Timestamp time = event->created_at();
        const bool was_empty = empty();
        const std::int64_t old_last = was_empty ? 0 : last();
        if (!entries_.insert(Entry{index, std::move(event)})) return false;
        if (was_empty || (index > old_last && index - 1 != old_last)) {
            contiguous_from_ = index;
        } else if (contiguous_from_ - 1 == index) {
            contiguous_from_ = index;
        }
        if (was_empty) {
            disorder_ = Distance::zero();
            latest_ = time;
        } else if (index > old_last) {
            disorder_ = (std::max)(disorder_, latest_ - time);
        } else {
            const Iterator place = lower_bound(index);
            disorder_ = (std::max)({disorder_, fall_to(place), fall_from(place)});
        }
        latest_ = (std::max)(latest_, time);
        return true;
    }

    /// Replaces the event that has the index of `event`, which has the same time.
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
    using Distance = Timestamp::duration;

    /// The number of events that an import looks at on each side. One would be enough for a bound,
    /// but each event that comes too late or too early would then add to the disorder.
    static constexpr int looked_at = 64;
    /// No two times are further apart, so the disorder never overflows.
    static constexpr Distance most_disorder = max_timestamp - min_timestamp;

    static Timestamp time_at(Iterator place) noexcept { return place->event->created_at(); }

    /// How far the time at `place` lies below that of a lower index, at most. 0 if the times ascend
    /// there: then the disorder of the others is enough.
    Distance fall_to(Iterator place) const noexcept {
        const Timestamp time = time_at(place);
        if (place == begin() || time_at(std::prev(place)) <= time) return Distance::zero();
        Distance fall = Distance::zero();
        Iterator near = place;
        for (int looked = 0; looked < looked_at && near != begin(); ++looked) {
            --near;
            fall = (std::max)(fall, time_at(near) - time);
        }
        if (near != begin()) fall = (std::max)(fall, time_at(near) - time + disorder_);
        return (std::min)({fall, latest_ - time, most_disorder});
    }

    /// How far the time of a higher index lies below that at `place`, at most; 0 as above.
    Distance fall_from(Iterator place) const noexcept {
        const Timestamp time = time_at(place);
        Iterator near = std::next(place);
        if (near == end() || time_at(near) >= time) return Distance::zero();
        Distance fall = Distance::zero();
        Iterator last = near;
        int looked = 0;
        for (; looked < looked_at && near != end(); ++looked, ++near) {
            fall = (std::max)(fall, time - time_at(near));
            last = near;
        }
        if (near != end()) fall = (std::max)(fall, time - time_at(last) + disorder_);
        return (std::min)(fall, most_disorder);
    }

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
    /// No time lies further below that of a lower index.
    Distance disorder_ = Distance::zero();
    /// No time is later; meaningless while the log is empty.
    Timestamp latest_;
};

}  // namespace roomstore::detail::memory
