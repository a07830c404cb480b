#include "faults/chaos/child.hpp"

#include <deque>
#include <fcntl.h>
#include <iostream>
#include <signal.h>
#include <stdexcept>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include "faults/chaos/clients.hpp"
#include "roomstore/postgres/postgres_store.hpp"
#include "support/run.hpp"

namespace roomstore::chaos {

namespace {

constexpr int writers = 4;

std::string prefix_of(std::size_t number) { return "child" + std::to_string(number); }

/// True once the other end is closed.
bool input_ended() {
    char ignored;
    return ::read(STDIN_FILENO, &ignored, 1) <= 0;
}

}  // namespace

Child::Child(std::string connection_string, std::uint64_t seed, std::filesystem::path folder)
    : connection_string_(std::move(connection_string)), seed_(seed), folder_(std::move(folder)) {
    start();
}

Child::~Child() {
    process_.reset();
    if (lifeline_ >= 0) ::close(lifeline_);
}

void Child::start() {
    const auto prefix = prefix_of(journals_.size());
    journals_.push_back(folder_ / (prefix + ".journal"));
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
    lifeline_ = ends[1];
    process_ = test::Process::start({"/proc/self/exe",
                                     "child",
                                     connection_string_,
                                     std::to_string(seed_),
                                     prefix,
                                     journals_.back().string()},
                                    {.log = folder_ / "children.log", .standard_input = ends[0]});
    ::close(ends[0]);
}

void Child::replace() {
    process_->signal(SIGKILL);
    process_->wait();
    ::close(lifeline_);
    start();
}

bool Child::finish() {
    ::close(std::exchange(lifeline_, -1));
    const int status = process_->wait();
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::string Child::log() const { return test::read_file(folder_ / "children.log"); }

int run_child(const std::vector<std::string>& arguments) try {
    PostgresOptions options;
    options.connection_string = arguments.at(0);
    options.connections = 2;
    options.append_batch = 16;
    options.deadline = std::chrono::milliseconds{3000};
    options.create_schema = false;
    options.notify = false;
    FileJournal journal(arguments.at(3));
    PostgresStore store(options);
    // It may be started in the middle of a fault.
    for (bool open = false; !open;) {
        try {
            test::run(store.init());
            open = true;
        } catch (const Error& error) {
            if (!is_retryable(error.code()) && error.code() != errc::read_only) throw;
        }
    }
    Shared shared{.journal = journal, .seed = std::stoull(arguments.at(1))};
    {
        const StoreUnderTest under_test{store, child_store, options.deadline};
        test::Caller caller;
        std::deque<test::Task<void>> tasks;
        for (int i = 0; i < writers; ++i) {
            auto writer = write(shared, under_test, arguments.at(2) + "-w" + std::to_string(i));
            tasks.emplace_back(caller.context(), std::move(writer));
        }
        while (!input_ended()) {
        }
        shared.stop = true;
        for (auto& task : tasks) {
            const auto ending = task.get();
            if (!ending.result) throw std::runtime_error("a writer ended: " + ending.text);
        }
    }
    test::run(store.close());
    return 0;
} catch (const std::exception& error) {
    std::cout << "child: " << error.what() << std::endl;
    return 1;
}

}  // namespace roomstore::chaos
