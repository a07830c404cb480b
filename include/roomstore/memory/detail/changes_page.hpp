#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "roomstore/changes.hpp"
#include "roomstore/memory/detail/room_record.hpp"

namespace roomstore::detail::memory {

/// The answer of `list_changes`, with events that are not copied yet: selected under the lock of
/// the room, converted without it. The cost depends on the size of the page, and on the number of
/// changes since the cursor that are outside the range of the reader.
class ChangesPage {
public:
    /// `hash` is what cursors of the room hold. The query must be valid.
    ChangesPage(const RoomRecord& room, std::uint64_t hash, const ChangesQuery& query)
        : limit_(static_cast<std::size_t>(query.limit)),
          end_{.room = hash,
               .next_index = room.counters.last_given() + 1,
               .revision = room.revision},
          first_index_(room.contents.events.first_index()) {
        const bool valid = query.since && is_valid(*query.since, room.changes);
        reset_ = query.since && !valid;
        if (!valid && query.start == Start::newest) {
            select_newest(room);
        } else {
            select_from(room, valid ? *query.since : RoomCursor());
        }
    }

    /// Needs no lock.
    RoomChanges to_changes(const std::string& room_id) {
        RoomChanges changes;
        changes.exists = true;
        changes.reset = reset_;
        changes.more = more_;
        changes.first_index = first_index_;
        if (row_) changes.room = row_->to_room();
        changes.added = unpack(added_, room_id);
        changes.updated = unpack(updated_, room_id);
        changes.deleted = std::move(deleted_);
        changes.cursor = cursor_;
        return changes;
    }

private:
    bool is_valid(const RoomCursor& since, const ChangeLog& changes) const noexcept {
        // Made when the room did not exist: nothing has been seen.
        if (since.room == 0) return since == RoomCursor();
        return since.room == end_.room && since.next_index <= end_.next_index &&
               changes.floor() <= since.revision && since.revision <= end_.revision;
    }

    void select_newest(const RoomRecord& room) {
        const EventLog& log = room.contents.events;
        row_ = room.snapshot();
        const std::size_t left_out = log.size() - (std::min)(limit_, log.size());
        add(log, log.at(left_out));
        cursor_ = end_;
        if (left_out > 0) cursor_.from_index = added_.front()->index();
    }

    void select_from(const RoomRecord& room, const RoomCursor& since) {
        const EventLog& log = room.contents.events;
        if (since.room == 0 || room.row_revision > since.revision) row_ = room.snapshot();
        cursor_ = end_;
        cursor_.from_index = since.from_index;
        if (!select_changes(room, since)) {
            more_ = true;
            cursor_.next_index = since.next_index;
            return;
        }
        const auto next = add(log, log.lower_bound(since.next_index));
        if (next != log.end()) {
            more_ = true;
            cursor_.next_index = added_.back()->index() + 1;
        }
    }

    /// Selects updates and deletions. If some are left out, the cursor stands at the last one.
    /// @returns whether none is left out.
    bool select_changes(const RoomRecord& room, const RoomCursor& since) {
        const std::int64_t from = (std::max)(since.from_index, first_index_);
        if (from >= since.next_index) return true;
        std::int64_t last = since.revision;
        for (auto next = room.changes.after(since.revision); next != room.changes.end(); ++next) {
            const auto& [index, row] = *next->second;
            if (index < from || index >= since.next_index) continue;
            if (updated_.size() + deleted_.size() == limit_) {
                cursor_.revision = last;
                return false;
            }
            if (row.deleted_id) {
                deleted_.push_back({.id = *row.deleted_id, .index = index});
            } else {
                updated_.push_back(*room.contents.events.find(index));
            }
            last = row.revision;
        }
        return true;
    }

    /// Adds events from `next` on.
    /// @returns the first one that is left out.
    EventLog::Iterator add(const EventLog& log, EventLog::Iterator next) {
        for (; next != log.end() && added_.size() < limit_; ++next) added_.push_back(next->event);
        return next;
    }

    std::size_t limit_;
    /// The cursor of a reader that has seen everything.
    RoomCursor end_;
    std::int64_t first_index_;
    bool reset_ = false;
    bool more_ = false;
    std::optional<RoomSnapshot> row_;
    std::vector<EventPtr> added_;
    std::vector<EventPtr> updated_;
    std::vector<DeletedEvent> deleted_;
    RoomCursor cursor_;
};

}  // namespace roomstore::detail::memory
