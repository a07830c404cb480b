#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <asio/awaitable.hpp>

#include "roomstore/conversation_store.hpp"
#include "roomstore/detail/visibility.hpp"
#include "roomstore/model/await_guard.hpp"
#include "roomstore/model/event.hpp"
#include "roomstore/query.hpp"

namespace roomstore {

/// How an `EventPager` reads.
/// @ingroup events
struct PagerOptions {
    /// Where to begin, >= 0: events below this index are older, all others newer. Absent: at the
    /// end of the room.
    std::optional<std::int64_t> index{};
    /// Maximum number of events of a page, 1 .. `Limits::max_page_rows`.
    std::int64_t limit = 50;
    /// Only events that match.
    EventFilter filter = EventFilter();
    ROOMSTORE_AWAIT_GUARD;
};

/// Reads the events of one room page by page, in both directions, of any backend.
///
/// The pager remembers the range of indexes that it has read and goes on from its ends. So no event
/// is given twice and none is missed that is there when its page is read, whatever is appended or
/// deleted in between. (An event that is imported into the range is not given.)
///
/// Not thread-safe: one coroutine uses it at a time. The pager must outlive a running call.
/// @ingroup events
class ROOMSTORE_SHARED EventPager {
public:
    /// Reads `room_id`. The store must outlive the pager.
    EventPager(ConversationStore& store, std::string room_id, PagerOptions options);
    /// Begins at the end of the room, with the default options.
    EventPager(ConversationStore& store, std::string room_id);

    /// The next older events, in ascending index order. Empty if there are none; events that are
    /// deleted or not readable make no page shorter.
    /// @par Errors
    /// Those of `list_events`. A call that fails or is cancelled changes nothing: the next one
    /// reads the same page.
    asio::awaitable<std::vector<RoomEvent>> older();

    /// The next newer events, in ascending index order. Empty if there are none yet: later calls
    /// give what was appended since.
    /// @par Errors
    /// As `older`.
    asio::awaitable<std::vector<RoomEvent>> newer();

    /// Whether `older` has come to the beginning of the room.
    bool at_oldest() const noexcept { return at_oldest_; }

private:
    /// Reads the page that ends at the end of the room, and sets the range.
    asio::awaitable<std::vector<RoomEvent>> newest(std::int64_t limit);

    ConversationStore* store_;
    std::string room_id_;
    PagerOptions options_;
    /// The range that was read: from `first_` up to but not including `past_`. Unknown before the
    /// end of the room was found.
    std::optional<std::int64_t> first_;
    std::optional<std::int64_t> past_;
    bool at_oldest_ = false;
};

}  // namespace roomstore
