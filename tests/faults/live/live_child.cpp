#include "faults/live/live_child.hpp"

#include <chrono>
#include <fcntl.h>
#include <iostream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "faults/live/writers.hpp"
#include "roomstore/postgres/postgres_store.hpp"
#include "support/footprint.hpp"
#include "support/run.hpp"
#include "support/task.hpp"

namespace roomstore::test::live {

namespace {

using namespace std::chrono_literals;

// Only the time after which a replica that differs will never be right.
constexpr auto patience = 60s;

PostgresOptions store_options(const ChildOptions& child) {
    PostgresOptions options;
    options.connection_string = child.connection_string;
    options.notify_connection_string = child.notify_connection_string;
    options.prepared_statements = !child.pooled;
    options.create_schema = false;
    options.connections = 3;
    options.deadline = 60s;
    options.lock_timeout = 60s;
    // Where messages are to be what tells of changes, polling finds nothing: it comes too late.
    const bool polls = child.notify_connection_string.empty();
    options.watch_poll_interval = std::chrono::milliseconds(polls ? 100ms : 1h);
    options.limits.change_history = child.troubled ? 200 : 10'000;
    return options;
}

/// All rooms, and those who follow them on a thread of their own.
class Following {
public:
    Following(std::shared_ptr<PostgresStore> store, bool troubled, Counts& counts)
        : store_(std::move(store)), reads_(store_, troubled, counts) {
        for (int room = 0; room < room_count; ++room) {
            auto& follower = *followers_.emplace_back(std::make_unique<Follower>());
            follower.room_id = room_name(room);
            tasks_.push_back(std::make_unique<Task<void>>(
                caller_.context(),
                follow(reads_, follower, troubled, room % 2 == 0 ? 7 : 100, counts)));
        }
    }

    ~Following() {
        try {
            run(store_->close());
        } catch (const std::exception& error) {
            std::cout << "error: " << error.what() << std::endl;
        }
    }
    Following(const Following&) = delete;
    Following& operator=(const Following&) = delete;

    /// Waits until every follower has what is stored.
    void compare(ChildReport& report) {
        std::map<std::string, std::map<std::int64_t, RoomEvent>> stored;
        for (const auto& follower : followers_) {
            stored[follower->room_id] = stored_events(*store_, follower->room_id);
        }
        const auto behind = [&] {
            std::vector<std::string> rooms;
            for (const auto& follower : followers_) {
                const std::lock_guard lock(follower->mutex);
                if (!follower->ended.empty()) {
                    rooms.push_back(follower->room_id + " was left: " + follower->ended);
                } else if (follower->replica.events() != stored[follower->room_id]) {
                    rooms.push_back(follower->room_id + " differs from what is stored");
                }
            }
            return rooms;
        };
        comes_within(patience, [&] { return behind().empty(); });
        report.problems = behind();
        for (const auto& [room, events] : stored) {
            report.counts["stored"] += static_cast<long>(events.size());
        }
    }

    /// After the store was closed.
    void finish(ChildReport& report) {
        for (auto& task : tasks_) {
            if (const auto ending = task->get(); !ending.result) {
                report.problems.push_back("a follower failed: " + ending.text);
            }
        }
        for (const auto& follower : followers_) {
            for (const auto& problem : follower->replica.problems()) {
                report.problems.push_back(follower->room_id + ": " + problem);
            }
            const auto& repeated = follower->replica.repeated();
            report.repeated.insert(repeated.begin(), repeated.end());
        }
    }

private:
    const std::shared_ptr<PostgresStore> store_;
    FailingReads reads_;
    std::vector<std::unique_ptr<Follower>> followers_;
    Caller caller_;
    std::vector<std::unique_ptr<Task<void>>> tasks_;
};

void write(PostgresStore& store,
           const ChildOptions& options,
           Counts& counts,
           std::set<EventState>& doubtful) {
    Caller caller;
    std::vector<std::unique_ptr<Task<void>>> tasks;
    for (int i = options.number; i < writer_count; i += 2) {
        auto writing = change_rooms(store, i, options.changes, counts, doubtful);
        tasks.push_back(std::make_unique<Task<void>>(caller.context(), std::move(writing)));
    }
    std::string failure;
    for (auto& task : tasks) {
        if (const auto ending = task->get(); !ending.result) failure = ending.text;
    }
    if (!failure.empty()) throw std::runtime_error("a writer failed: " + failure);
}

void add(ChildReport& report, const Counts& counts, const PostgresStats& stats) {
    const auto set = [&](const char* name, auto value) {
        report.counts[name] = static_cast<long>(value);
    };
    set("changes", counts.changes.load());
    set("appended", counts.appended.load());
    set("updated", counts.updated.load());
    set("deleted", counts.deleted.load());
    set("trimmed", counts.trimmed.load());
    set("rooms deleted or created", counts.recreated.load());
    set("outcomes unknown", counts.unknown.load());
    set("answers", counts.answers.load());
    set("states", counts.states.load());
    set("resets", counts.resets.load());
    set("calls cancelled", counts.cancelled.load());
    set("reads failed", counts.failed.load());
    set("hints sent", stats.hints_sent);
    set("hints received", stats.hints_received);
    set("hints dropped", stats.hints_dropped);
    set("polls", stats.watch_polls);
    set("reconnects of watches", stats.watch_reconnects);
    set("reconnects of calls", stats.reconnects);
    set("commits in doubt", stats.doubts);
}

void print(const ChildReport& report) {
    for (const auto& [name, count] : report.counts) {
        std::cout << "count " << count << ' ' << name << '\n';
    }
    for (const auto& problem : report.problems) std::cout << "problem " << problem << '\n';
    for (const auto& [id, state] : report.repeated) {
        std::cout << "repeated " << id << ' ' << state << '\n';
    }
    for (const auto& [id, state] : report.doubtful) {
        std::cout << "doubtful " << id << ' ' << state << '\n';
    }
}

ChildReport read_report(const std::string& text) {
    ChildReport report;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string kind, rest;
        words >> kind;
        if (kind == "count") {
            long count = 0;
            words >> count >> std::ws;
            std::getline(words, rest);
            report.counts[rest] = count;
        } else if (kind == "problem") {
            report.problems.push_back(line);
        } else if (kind == "repeated" || kind == "doubtful") {
            EventState state;
            words >> state.first >> state.second;
            (kind == "repeated" ? report.repeated : report.doubtful).insert(state);
        }
    }
    return report;
}

/// Returns when the other end is closed.
void await_end_of_input() {
    char ignored;
    while (::read(STDIN_FILENO, &ignored, 1) > 0) {
    }
}

}  // namespace

Child::Child(const ChildOptions& options, std::filesystem::path log) : log_(std::move(log)) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
    lifeline_ = ends[1];
    process_ = Process::start({"/proc/self/exe",
                               "child",
                               std::to_string(options.number),
                               options.connection_string,
                               options.notify_connection_string,
                               options.pooled ? "pooled" : "",
                               options.troubled ? "troubled" : "",
                               std::to_string(options.changes)},
                              {.log = log_, .standard_input = ends[0]});
    ::close(ends[0]);
}

Child::~Child() {
    process_.reset();
    compare();
}

bool Child::has_written() {
    const auto output = read_file(log_);
    if (output.find("written\n") != output.npos) return true;
    if (!process_->running()) throw std::runtime_error("a process has ended:\n" + output);
    return false;
}

void Child::compare() {
    if (lifeline_ >= 0) ::close(std::exchange(lifeline_, -1));
}

ChildReport Child::finish() {
    const int status = process_->wait();
    const auto output = read_file(log_);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        throw std::runtime_error("a process has failed:\n" + output);
    }
    return read_report(output);
}

int run_child(const std::vector<std::string>& arguments) try {
    const ChildOptions options{.number = std::stoi(arguments.at(0)),
                               .connection_string = arguments.at(1),
                               .notify_connection_string = arguments.at(2),
                               .pooled = !arguments.at(3).empty(),
                               .troubled = !arguments.at(4).empty(),
                               .changes = std::stoi(arguments.at(5))};
    Counts counts;
    ChildReport report;
    const auto store = std::make_shared<PostgresStore>(store_options(options));
    run(store->init());
    {
        Following following(store, options.troubled, counts);
        write(*store, options, counts, report.doubtful);
        std::cout << "written" << std::endl;
        await_end_of_input();
        following.compare(report);
        const auto stats = store->stats();
        run(store->close());
        following.finish(report);
        add(report, counts, stats);
    }
    print(report);
    std::cout << std::flush;
    return 0;
} catch (const std::exception& error) {
    std::cout << "error: " << error.what() << std::endl;
    return 1;
}

}  // namespace roomstore::test::live
