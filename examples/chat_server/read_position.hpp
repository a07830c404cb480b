#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace chat {

/// How far a member has read, judged by what its connection has written: lines that wait for a slow
/// client, and are thrown away with it, stay unread. Needs the same small space for any number of
/// lines; where many wait, it errs towards unread.
class ReadPosition {
public:
    /// The event was shown, and its line ends at byte `queued` of the member's output.
    void add(std::int64_t index, std::string event_id, std::uint64_t queued) {
        if (awaited_.index == read_.index) awaited_ = {index, event_id, queued};
        shown_ = {index, std::move(event_id), queued};
    }

    /// The first `written` bytes of the output have been written.
    void settle(std::uint64_t written) {
        if (shown_.queued <= written) {
            read_ = awaited_ = shown_;
        } else if (awaited_.queued <= written) {
            read_ = awaited_;
        }
    }

    /// Index of the last event read, -1 where there is none.
    std::int64_t index() const noexcept { return read_.index; }

    /// The last event read, if the store was not told of it yet.
    std::optional<std::string> news() const {
        if (read_.index <= marked_) return std::nullopt;
        return read_.event_id;
    }

    /// The store was told of that index.
    void set_marked(std::int64_t index) noexcept { marked_ = index; }

private:
    struct Point {
        std::int64_t index = -1;
        std::string event_id{};
        std::uint64_t queued = 0;
    };

    Point shown_{};
    /// The oldest point not known to be written. `shown_` moves on with every event; this one stays
    /// until it is reached, so that a member that is always a little behind still gets somewhere.
    Point awaited_{};
    Point read_{};
    std::int64_t marked_ = -1;
};

}  // namespace chat
