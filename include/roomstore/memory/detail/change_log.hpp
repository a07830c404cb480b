#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace roomstore::detail::memory {

/// The last change of each event that was updated, deleted, or imported below the end of its room:
/// by index, and by revision. Events that were only appended take no memory here.
class ChangeLog {
public:
    struct Row {
        std::int64_t revision = 0;
        /// The id of the event, if it was deleted.
        std::optional<std::string> deleted_id;
    };

private:
    using Rows = std::map<std::int64_t, Row>;
    using Order = std::map<std::int64_t, Rows::const_iterator>;

public:
    /// A change that is going to be added. Allocates what the log needs for it, so that the event
    /// can be changed before it is certain which change it is, and adding it cannot fail.
    class Change {
    public:
        explicit Change(std::optional<std::string> deleted_id = {}) {
            Rows rows;
            rows.emplace(0, Row{0, std::move(deleted_id)});
            Order order;
            order.emplace(0, Rows::const_iterator());
            row_ = rows.extract(rows.begin());
            place_ = order.extract(order.begin());
        }

    private:
        friend ChangeLog;
        Rows::node_type row_;
        Order::node_type place_;
    };

    /// A row in the order of revisions: (revision, place of the row).
    using Iterator = Order::const_iterator;

    std::size_t size() const noexcept { return rows_.size(); }

    /// The highest revision that was forgotten; 0 if none was.
    std::int64_t floor() const noexcept { return floor_; }

    /// The first row with a higher revision.
    Iterator after(std::int64_t revision) const noexcept { return order_.upper_bound(revision); }
    Iterator end() const noexcept { return order_.end(); }

    /// Adds the change of the event at `index`, or lets it take the place of an earlier one.
    /// `revision` is higher than all before.
    void add(Change change, std::int64_t index, std::int64_t revision) noexcept {
        change.row_.key() = index;
        change.row_.mapped().revision = revision;
        const auto added = rows_.insert(std::move(change.row_));
        if (!added.inserted) {
            Row& row = added.position->second;
            order_.erase(row.revision);
            row = std::move(added.node.mapped());
        }
        change.place_.key() = revision;
        change.place_.mapped() = added.position;
        order_.insert(order_.end(), std::move(change.place_));
    }

    /// Forgets the oldest changes, until at most `most` are left.
    void forget_beyond(std::size_t most) noexcept {
        while (rows_.size() > most) {
            const auto oldest = order_.begin();
            floor_ = oldest->first;
            rows_.erase(oldest->second);
            order_.erase(oldest);
        }
    }

    /// Removes changes of events below `index`, which no reader is told any more; so the floor
    /// stays. At most `limit` are removed.
    /// @returns whether there are more.
    bool drop_below(std::int64_t index, std::size_t limit) noexcept {
        for (; !rows_.empty() && rows_.begin()->first < index; --limit) {
            if (limit == 0) return true;
            order_.erase(rows_.begin()->second.revision);
            rows_.erase(rows_.begin());
        }
        return false;
    }

private:
    Rows rows_;
    Order order_;
    std::int64_t floor_ = 0;
};

}  // namespace roomstore::detail::memory
