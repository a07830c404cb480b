#include "log.hpp"

#include <new>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "roomstore/detail/text.hpp"

namespace roomstore::postgres {

namespace {

// Ends a line that was truncated.
constexpr std::string_view cut = "...";

}  // namespace

void Log::start() {
    const std::lock_guard lock(mutex_);
    if (!wanted() || ended_ || thread_.joinable()) return;
    thread_ = std::thread([self = shared_from_this()] { self->run(); });
}

void Log::write(LogLevel level, std::initializer_list<std::string_view> parts) noexcept {
    if (!wanted()) return;
    try {
        const auto text = fmt::format("{}", fmt::join(parts, ""));
        Line line{level, detail::printable(text, most_bytes - cut.size())};
        const std::lock_guard lock(mutex_);
        if (!ended_ && lines_.size() < most_lines) {
            lines_.push_back(std::move(line));
            written_.notify_one();
            return;
        }
    } catch (const std::bad_alloc&) {
        // The writer does not wait for memory: the line is dropped.
    }
    ++dropped_;
}

void Log::finish(std::chrono::milliseconds timeout) noexcept {
    std::unique_lock lock(mutex_);
    ended_ = true;
    written_.notify_one();
    if (thread_.joinable()) {
        delivered_.wait_for(lock, timeout, [&] { return lines_.empty() && !telling_; });
    }
    dropped_ += lines_.size();
    lines_.clear();
}

void Log::stop() noexcept {
    finish(std::chrono::milliseconds{0});
    if (!thread_.joinable()) return;
    if (thread_.get_id() == std::this_thread::get_id()) {
        thread_.detach();
    } else {
        thread_.join();
    }
}

void Log::run() noexcept {
    std::unique_lock lock(mutex_);
    for (;;) {
        written_.wait(lock, [&] { return ended_ || !lines_.empty(); });
        if (lines_.empty()) return;
        const auto line = std::move(lines_.front());
        lines_.pop_front();
        telling_ = true;
        lock.unlock();
        tell(line);
        lock.lock();
        telling_ = false;
        delivered_.notify_all();
    }
}

void Log::tell(const Line& line) noexcept {
    try {
        callback_(line.level, line.text);
    } catch (...) {
        ++failures_;
    }
}

}  // namespace roomstore::postgres
