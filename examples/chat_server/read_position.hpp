#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace chat {

/// How far a member has read, judged by what its connection has written: lines that still wait when
/// a slow client is dropped stay unread. Takes constant space for any number of waiting lines; when
/// many wait, it errs towards unread.
class ReadPosition {
public:
    /// Records that the event was shown; its line ends at byte `queued` of the member's output.
    void add(std::int64_t index, std::string event_id, std::uint64_t queued) {
        if (awaited_.index == read_.index) awaited_ = {index, event_id, queued};
        shown_ = {index, std::move(event_id), queued};
    }

    /// Records that the first `written` bytes of the output have been written.
    void set_written(std::uint64_t written) {
        if (shown_.queued <= written) {
            read_ = awaited_ = shown_;
        } else if (awaited_.queued <= written) {
            read_ = awaited_;
        }
    }

    /// The index of the last event read, -1 if there is none.
    std::int64_t index() const noexcept { return read_.index; }

    /// The last event read, if the store does not have this read position yet.
    std::optional<std::string> unstored() const {
        if (read_.index <= stored_) return std::nullopt;
        return read_.event_id;
    }

    /// Records that the store has the read position `index`.
    void set_stored(std::int64_t index) noexcept { stored_ = index; }

private:
    struct Point {
        std::int64_t index = -1;
        std::string event_id{};
        std::uint64_t queued = 0;
    };

    Point shown_{};
    /// The oldest event that is not known to be written. `shown_` moves on with every event; this
    /// one stays until it has been written, so that the position of a member that is always a
    /// little behind still advances.
    Point awaited_{};
    Point read_{};
    std::int64_t stored_ = -1;
};

}  // namespace chat
