#include "log.hpp"

#include <future>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "support/footprint.hpp"

using namespace roomstore;
using namespace roomstore::postgres;
using namespace roomstore::test;
using namespace std::chrono_literals;

namespace {

/// Records the lines passed to its callback; the callback can be made to block.
class Reader {
public:
    Log::Callback callback() {
        return [this](LogLevel level, std::string_view text) {
            entered_.set_value();
            const auto wait = held_;
            if (wait.valid()) wait.wait();
            const std::lock_guard lock(mutex_);
            threads.push_back(std::this_thread::get_id());
            levels.push_back(level);
            lines.emplace_back(text);
            entered_ = {};
        };
    }

    /// Makes the next call of the callback block until `let_go()`.
    void hold() { held_ = gate_.get_future().share(); }
    void let_go() { gate_.set_value(); }
    void await_line() { entered_.get_future().wait(); }

    std::vector<std::string> lines;
    std::vector<LogLevel> levels;
    std::vector<std::thread::id> threads;

private:
    std::mutex mutex_;
    std::promise<void> entered_;
    std::promise<void> gate_;
    std::shared_future<void> held_;
};

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("lines are delivered in order, with their levels, on a separate thread") {
    Reader reader;
    const auto log = std::make_shared<Log>(reader.callback());
    log->start();
    log->write(LogLevel::info, {"one", " and ", "two"});
    log->write(LogLevel::warning, {"three"});
    log->finish(1h);
    CHECK(reader.lines == Lines{"one and two", "three"});
    CHECK(reader.levels == std::vector{LogLevel::info, LogLevel::warning});
    CHECK(reader.threads.at(0) == reader.threads.at(1));
    CHECK(reader.threads.at(0) != std::this_thread::get_id());
    CHECK(log->dropped() == 0);
    log->stop();
}

TEST_CASE("a log without a callback has no thread and queues no lines") {
    const auto before = threads();
    const auto log = std::make_shared<Log>(nullptr);
    log->start();
    // Fewer if a thread of an earlier test was just ending.
    CHECK(threads() <= before);
    CHECK_FALSE(log->wanted());
    log->write(LogLevel::info, {"nobody"});
    log->finish(1h);
    log->stop();
    CHECK(log->dropped() == 0);
}

TEST_CASE("lines beyond the queue limit are dropped and counted") {
    Reader reader;
    reader.hold();
    const auto log = std::make_shared<Log>(reader.callback());
    log->start();
    log->write(LogLevel::info, {"first"});
    reader.await_line();
    for (std::size_t i = 0; i < Log::most_lines + 7; ++i) {
        log->write(LogLevel::info, {std::to_string(i)});
    }
    CHECK(log->dropped() == 7);
    reader.let_go();
    log->finish(1h);
    REQUIRE(reader.lines.size() == 1 + Log::most_lines);
    CHECK(reader.lines.at(1) == "0");
    CHECK(reader.lines.back() == std::to_string(Log::most_lines - 1));
    log->stop();
}

TEST_CASE("an exception of the callback is counted, and the next line is delivered") {
    int told = 0;
    const auto log = std::make_shared<Log>([&](LogLevel, std::string_view) {
        if (++told == 1) throw std::runtime_error("no");
        if (told == 2) throw 5;
    });
    log->start();
    for (int i = 0; i < 3; ++i) log->write(LogLevel::info, {"line"});
    log->finish(1h);
    CHECK(told == 3);
    CHECK(log->failures() == 2);
    log->stop();
}

TEST_CASE("finish() waits at most for its timeout, and drops the remaining lines") {
    Reader reader;
    reader.hold();
    const auto log = std::make_shared<Log>(reader.callback());
    log->start();
    log->write(LogLevel::info, {"first"});
    reader.await_line();
    log->write(LogLevel::info, {"second"});
    log->finish(1ms);
    CHECK(log->dropped() == 1);
    log->write(LogLevel::info, {"third"});
    CHECK(log->dropped() == 2);
    reader.let_go();
    log->stop();
    // stop() waits for the running callback; there are no further calls.
    CHECK(reader.lines == Lines{"first"});
}

TEST_CASE("a log can be stopped by its callback") {
    std::promise<void> stopped;
    auto log = std::make_shared<Log>(nullptr);
    log = std::make_shared<Log>([&log, &stopped](LogLevel, std::string_view) {
        const auto itself = std::move(log);
        itself->stop();
        stopped.set_value();
    });
    const auto same = log;
    await([] { return true; });  // starts the watchdog thread, once for all tests
    const auto before = threads();
    same->start();
    same->write(LogLevel::info, {"stop"});
    stopped.get_future().wait();
    await([&] { return threads() <= before; });
    CHECK_FALSE(log);
}

TEST_CASE("line breaks in a line are escaped, and long lines are truncated") {
    Reader reader;
    const auto log = std::make_shared<Log>(reader.callback());
    log->start();
    log->write(LogLevel::info, {"room \"a\nb\x1b[2J\xff\"", " é"});
    log->write(LogLevel::info, {std::string(5000, 'x')});
    log->finish(1h);
    log->stop();
    CHECK(reader.lines.at(0) == R"(room "a\nb\u001b[2J\xff" é)");
    CHECK(reader.lines.at(1) == std::string(Log::most_bytes - 3, 'x') + "...");
}

TEST_CASE("lines of a log that was never started are dropped by stop()") {
    Reader reader;
    const auto log = std::make_shared<Log>(reader.callback());
    log->write(LogLevel::info, {"line"});
    log->stop();
    log->start();
    CHECK(reader.lines.empty());
    CHECK(log->dropped() == 1);
}
