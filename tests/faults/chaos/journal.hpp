#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "support/history.hpp"
#include "support/task.hpp"

namespace roomstore::chaos {

/// An instant, in nanoseconds of the monotonic clock, which all processes of the machine share.
using Instant = std::uint64_t;

Instant now();

constexpr Instant instants(std::chrono::nanoseconds time) {
    return static_cast<Instant>(time.count());
}
constexpr double milliseconds(Instant time) { return static_cast<double>(time) / 1e6; }

/// Outcome of a call, as reported to the caller.
enum class Outcome {
    ok,
    commit_unknown,
    unavailable,
    timeout,
    busy,
    read_only,
    aborted,
    unexpected,  ///< Anything that no fault explains.
};
inline constexpr std::array<std::string_view, 8> outcome_names{"ok",
                                                               "unknown",
                                                               "unavailable",
                                                               "timeout",
                                                               "busy",
                                                               "read_only",
                                                               "aborted",
                                                               "unexpected"};

template <typename T>
Outcome outcome_of(const test::Ending<T>& ending) {
    if (ending.result) return Outcome::ok;
    if (ending.aborted()) return Outcome::aborted;
    if (ending.failed(errc::commit_unknown)) return Outcome::commit_unknown;
    if (ending.failed(errc::unavailable)) return Outcome::unavailable;
    if (ending.failed(errc::timeout)) return Outcome::timeout;
    if (ending.failed(errc::busy)) return Outcome::busy;
    if (ending.failed(errc::read_only)) return Outcome::read_only;
    return Outcome::unexpected;
}

/// One call of a store, and its times.
struct Call {
    int store = 0;
    Instant invoked_at = 0;
    Instant answered_at = 0;
    Outcome outcome = Outcome::unexpected;
    std::chrono::milliseconds deadline{};
    /// When it was cancelled; 0: never.
    Instant cancelled_at = 0;
    /// An append that was repeated because its outcome was unknown.
    bool repeats_unknown = false;
    bool queue_was_full = false;
};

/// Records what clients do. Thread-safe.
class Journal {
public:
    virtual ~Journal() = default;
    /// Called before the first attempt to append.
    virtual void begin(const std::string& room_id, const std::string& event_id, Instant at) = 0;
    /// Called when the outcome is known, or when the append will not be repeated.
    virtual void end(test::AppendRecord record) = 0;
    virtual void add(test::PollRecord record) = 0;
    virtual void add(Call call) = 0;
    /// Records the violation of a rule.
    virtual void violation(std::string text) = 0;
};

/// The journal of this process.
class MemoryJournal final : public Journal {
public:
    void begin(const std::string&, const std::string&, Instant) override {}
    void end(test::AppendRecord record) override { history.add(std::move(record)); }
    void add(test::PollRecord record) override { history.add(std::move(record)); }
    void add(Call call) override;
    void violation(std::string text) override;

    /// Reads the file of a `FileJournal`, even if its process was killed.
    void read(const std::filesystem::path& path);

    // Complete once all clients have ended.
    test::History history{};
    std::vector<Call> calls{};
    std::vector<std::string> violations{};

private:
    std::mutex mutex_;
};

/// The journal of a process that may be killed: each line is in the file before the call
/// continues.
class FileJournal final : public Journal {
public:
    explicit FileJournal(const std::filesystem::path& path);
    ~FileJournal() override;
    FileJournal(const FileJournal&) = delete;
    FileJournal& operator=(const FileJournal&) = delete;

    void begin(const std::string& room_id, const std::string& event_id, Instant at) override;
    void end(test::AppendRecord record) override;
    void add(test::PollRecord record) override;
    void add(Call call) override;
    void violation(std::string text) override;

private:
    void write(const std::string& line) const;
    int file_ = -1;
};

}  // namespace roomstore::chaos
