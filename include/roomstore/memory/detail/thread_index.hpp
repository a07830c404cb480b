#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "roomstore/detail/text_hash.hpp"
#include "roomstore/model/event.hpp"
#include "roomstore/model/timestamp.hpp"

namespace roomstore::detail::memory {

/// The direct replies in a room, by the id of the event they reply to, which need not exist.
class ThreadIndex {
public:
    /// Adds the reply at `index`. Strong exception guarantee.
    void add(std::string_view root, std::int64_t index, Timestamp created_at) {
        auto thread = threads_.find(root);
        if (thread == threads_.end()) thread = threads_.try_emplace(std::string(root)).first;
        try {
            const auto reply = thread->second.replies.insert(index).first;
            try {
                thread->second.times.emplace(created_at, index);
            } catch (...) {
                thread->second.replies.erase(reply);
                throw;
            }
        } catch (...) {
            if (thread->second.replies.empty()) threads_.erase(thread);
            throw;
        }
    }

    /// Removes a reply that was added with these values.
    void remove(std::string_view root, std::int64_t index, Timestamp created_at) noexcept {
        const auto thread = threads_.find(root);
        if (thread == threads_.end()) return;
        thread->second.replies.erase(index);
        thread->second.times.erase({created_at, index});
        if (thread->second.replies.empty()) threads_.erase(thread);
    }

    /// The indexes of the replies, ascending; empty for a root without replies.
    const std::set<std::int64_t>& replies(std::string_view root) const noexcept {
        static const std::set<std::int64_t> none;
        const auto thread = threads_.find(root);
        return thread == threads_.end() ? none : thread->second.replies;
    }

    /// No value for a root without replies.
    std::optional<ThreadSummary> summary(const std::string& root) const {
        const auto thread = threads_.find(root);
        if (thread == threads_.end()) return std::nullopt;
        return ThreadSummary{
            .root_event_id = root,
            .reply_count = static_cast<std::int64_t>(thread->second.replies.size()),
            .last_reply_at = thread->second.times.rbegin()->first};
    }

private:
    struct Thread {
        std::set<std::int64_t> replies;
        std::set<std::pair<Timestamp, std::int64_t>> times;
    };

    TextMap<Thread> threads_;
};

}  // namespace roomstore::detail::memory
