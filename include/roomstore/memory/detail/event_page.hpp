#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "roomstore/memory/detail/event_log.hpp"
#include "roomstore/memory/detail/event_matcher.hpp"
#include "roomstore/memory/detail/thread_index.hpp"
#include "roomstore/query.hpp"

namespace roomstore::detail::memory {

/// The first of the replies that is not hidden.
inline std::set<std::int64_t>::const_iterator visible_from(const std::set<std::int64_t>& replies,
                                                           const EventLog& log) noexcept {
    return replies.lower_bound(log.first_index());
}

/// The ranks of which all others hold events that the times of the filter rule out.
inline std::pair<std::size_t, std::size_t> ranks_in_time(const EventLog& log,
                                                         const EventFilter& filter) noexcept {
    return {filter.after_time ? log.first_after(*filter.after_time) : 0,
            filter.before_time ? log.past_before(*filter.before_time) : log.size()};
}

/// The events that a query selects, ascending by index. Without a filter the cost depends only on
/// the size of the page. With a filter, events are examined from the end that the query names until
/// the page is full; those that are too early or too late for it are skipped as far as the log can
/// tell where they end.
class EventPage {
public:
    /// All arguments must outlive this object; the query must be valid.
    EventPage(const EventLog& log, const ThreadIndex& threads, const EventQuery& query)
        : log_(log), threads_(threads), query_(query), matches_(query.filter) {}

    std::vector<EventPtr> select() const {
        if (query_.limit == 0) return {};
        if (matches_.passes_all()) return slice();
        if (query_.filter.parent_event_id) {
            const auto& replies = threads_.replies(*query_.filter.parent_event_id);
            return look(replies_from(replies), replies_to(replies), [this](std::int64_t index) {
                return log_.find(index);
            });
        }
        const auto [from, to] = log_range();
        return look(from, to, [](const EventLog::Entry& entry) { return &entry.event; });
    }

private:
    bool has_cursor() const noexcept { return query_.after_index || query_.before_index; }
    bool from_the_end() const noexcept {
        return query_.before_index || (query_.newest_first && !query_.after_index);
    }
    std::uint64_t offset() const noexcept {
        return has_cursor() ? 0 : static_cast<std::uint64_t>(query_.offset);
    }
    std::uint64_t limit() const noexcept { return static_cast<std::uint64_t>(query_.limit); }

    EventLog::Iterator log_from() const noexcept {
        return query_.after_index ? log_.upper_bound(*query_.after_index) : log_.begin();
    }
    EventLog::Iterator log_to() const noexcept {
        return query_.before_index ? log_.lower_bound(*query_.before_index) : log_.end();
    }

    std::pair<EventLog::Iterator, EventLog::Iterator> log_range() const noexcept {
        const auto [first, past] = ranks_in_time(log_, query_.filter);
        const std::size_t from = (std::max)(first, log_.rank(log_from()));
        const std::size_t to = (std::min)(past, log_.rank(log_to()));
        return {log_.at(from), log_.at((std::max)(from, to))};
    }

    using Replies = std::set<std::int64_t>;
    Replies::const_iterator replies_from(const Replies& replies) const noexcept {
        const auto first = visible_from(replies, log_);
        if (!query_.after_index || first == replies.end() || *query_.after_index < *first) {
            return first;
        }
        return replies.upper_bound(*query_.after_index);
    }
    Replies::const_iterator replies_to(const Replies& replies) const noexcept {
        if (!query_.before_index) return replies.end();
        return replies.lower_bound((std::max)(*query_.before_index, log_.first_index()));
    }

    /// Without a filter, the page is a range of ranks.
    std::vector<EventPtr> slice() const {
        std::uint64_t from = log_.rank(log_from());
        std::uint64_t to = log_.rank(log_to());
        const std::uint64_t skipped = (std::min)(offset(), to - from);
        if (from_the_end()) {
            to -= skipped;
            from = to - (std::min)(limit(), to - from);
        } else {
            from += skipped;
            to = from + (std::min)(limit(), to - from);
        }
        std::vector<EventPtr> page;
        page.reserve(static_cast<std::size_t>(to - from));
        auto place = log_.at(static_cast<std::size_t>(from));
        for (; from < to; ++from, ++place) page.push_back(place->event);
        return page;
    }

    template <typename Iterator, typename Event>
    std::vector<EventPtr> look(Iterator from, Iterator to, const Event& event) const {
        std::vector<EventPtr> page;
        if (from_the_end()) {
            collect(std::make_reverse_iterator(to), std::make_reverse_iterator(from), event, page);
            std::reverse(page.begin(), page.end());
        } else {
            collect(from, to, event, page);
        }
        return page;
    }

    template <typename Iterator, typename Event>
    void collect(Iterator from,
                 Iterator to,
                 const Event& event,
                 std::vector<EventPtr>& page) const {
        std::uint64_t to_skip = offset();
        for (; from != to && page.size() < limit(); ++from) {
            const EventPtr& candidate = *event(*from);
            if (!matches_(*candidate)) continue;
            if (to_skip > 0) {
                --to_skip;
            } else {
                page.push_back(candidate);
            }
        }
    }

    const EventLog& log_;
    const ThreadIndex& threads_;
    const EventQuery& query_;
    EventMatcher matches_;
};

/// The number of events that pass the filter. Without a filter the cost does not depend on it.
inline std::int64_t count_events(const EventLog& log,
                                 const ThreadIndex& threads,
                                 const EventFilter& filter) {
    const EventMatcher matches(filter);
    if (matches.passes_all()) return static_cast<std::int64_t>(log.size());
    if (filter.parent_event_id) {
        const auto& replies = threads.replies(*filter.parent_event_id);
        return std::count_if(visible_from(replies, log), replies.end(), [&](std::int64_t index) {
            return matches(**log.find(index));
        });
    }
    const auto [first, past] = ranks_in_time(log, filter);
    return std::count_if(log.at(first),
                         log.at((std::max)(first, past)),
                         [&](const EventLog::Entry& entry) { return matches(*entry.event); });
}

/// The direct replies to `root` that pass the filter; no value if there are none.
inline std::optional<ThreadSummary> summarize_thread(const EventLog& log,
                                                     const ThreadIndex& threads,
                                                     const std::string& root,
                                                     const EventMatcher& matches) {
    const auto& replies = threads.replies(root);
    auto next = visible_from(replies, log);
    if (matches.passes_all() && next == replies.begin()) return threads.summary(root);
    std::optional<ThreadSummary> summary;
    for (; next != replies.end(); ++next) {
        const PackedEvent& reply = **log.find(*next);
        if (!matches(reply)) continue;
        if (!summary) summary.emplace(ThreadSummary{.root_event_id = root});
        ++summary->reply_count;
        summary->last_reply_at =
            (std::max)(summary->last_reply_at.value_or(reply.created_at()), reply.created_at());
    }
    return summary;
}

}  // namespace roomstore::detail::memory
