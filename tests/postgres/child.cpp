#include "postgres/child.hpp"

#include <cstdlib>
#include <iostream>
#include <mutex>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include "support/builders.hpp"
#include "support/run.hpp"

#if defined(__SANITIZE_ADDRESS__)
namespace {

/// Set in a forked child: memory that only the parent's threads referred to is unreachable there.
bool leaks_are_expected = false;

}  // namespace

// Called by LeakSanitizer at exit.
extern "C" int __lsan_is_turned_off() { return leaks_are_expected ? 1 : 0; }
#endif

namespace roomstore::test {

namespace {

PostgresOptions options_for(const std::string& connection_string, const std::string& schema) {
    PostgresOptions options;
    options.connection_string = connection_string;
    options.schema = schema;
    // Many processes share few processors, and the tests do not depend on a deadline.
    options.deadline = std::chrono::seconds{60};
    return options;
}

int init(const PostgresOptions& options) {
    PostgresStore store(options);
    run(store.init());
    run(store.close());
    return 0;
}

/// `run` without the watchdog: a forked child would wait for the watchdog's thread at exit.
void run_unwatched(asio::awaitable<void> task) {
    asio::io_context context(1);
    asio::co_spawn(context, std::move(task), [](const std::exception_ptr& failure) {
        if (failure) std::rethrow_exception(failure);
    });
    context.run();
}

asio::awaitable<void> open(PostgresStore& store) {
    const Room room{.id = "room"};
    co_await store.init();
    co_await store.create_room(room);
}

asio::awaitable<void> append_one(PostgresStore& store, std::int64_t& index) {
    const auto event = make_event({.id = "event", .room_id = "room"});
    const auto stored = co_await store.add_event_auto_index("room", event);
    index = stored.index;
}

/// Whether the parent's store refuses calls in a forked child.
bool refuses_all(PostgresStore& store) {
    const auto is_refused = [](asio::awaitable<void> call) {
        try {
            run_unwatched(std::move(call));
            return false;
        } catch (const Error& error) {
            return error.code() == errc::closed;
        }
    };
    std::int64_t index = -1;
    const bool refused = is_refused(store.init()) && is_refused(append_one(store, index));
    run_unwatched(store.close());
    return refused && store.stats().connections_open == 0;
}

int fork_and_exit(const PostgresOptions& options) {
    static PostgresStore store(options);
    run_unwatched(open(store));
    const pid_t child = ::fork();
    if (child == 0) {
        ::alarm(30);
#if defined(__SANITIZE_ADDRESS__)
        leaks_are_expected = true;
#endif
        std::exit(refuses_all(store) ? 0 : 1);  // destroys the store
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    std::int64_t index = -1;
    run_unwatched(append_one(store, index));
    std::cout << "child " << status << ", index " << index << ", reconnects "
              << store.stats().reconnects << '\n';
    return 0;
}

asio::awaitable<void> append_all(ConversationStore& store,
                                 std::string room_id,
                                 std::string prefix,
                                 int first,
                                 int step,
                                 int end) {
    for (int i = first; i < end; i += step) {
        EventArgs args{.id = prefix + "-" + room_id + "-" + std::to_string(i), .room_id = room_id};
        const auto event = make_event(std::move(args));
        const auto stored = co_await store.add_event_auto_index(room_id, event);
        std::cout << room_id << ' ' << stored.id << ' ' << stored.index << '\n';
    }
}

int append(const PostgresOptions& options, const std::string& prefix, int rooms, int events) {
    constexpr int callers_per_room = 8;
    PostgresStore store(options);
    run(store.init());
    std::vector<asio::awaitable<void>> tasks;
    for (int room = 0; room < rooms; ++room) {
        for (int caller = 0; caller < callers_per_room; ++caller) {
            tasks.push_back(append_all(
                store, "room-" + std::to_string(room), prefix, caller, callers_per_room, events));
        }
    }
    run_all(std::move(tasks), 1);
    run(store.close());
    return 0;
}

int delete_and_wait(const PostgresOptions& options, const std::string& room) {
    PostgresStore store(options);
    run(store.init());
    std::cout << (run(store.delete_room(room)) ? "deleted" : "not found") << std::endl;
    for (;;) ::pause();
}

}  // namespace

Process start_child(std::vector<std::string> arguments, const std::filesystem::path& log) {
    arguments.insert(arguments.begin(), {"/proc/self/exe", "child"});
    return Process::start(std::move(arguments), {.log = log});
}

int run_child(const std::vector<std::string>& arguments) {
    try {
        const auto options = options_for(arguments.at(1), arguments.at(2));
        if (arguments.at(0) == "init") return init(options);
        if (arguments.at(0) == "fork") return fork_and_exit(options);
        if (arguments.at(0) == "append") {
            return append(
                options, arguments.at(3), std::stoi(arguments.at(4)), std::stoi(arguments.at(5)));
        }
        if (arguments.at(0) == "delete") return delete_and_wait(options, arguments.at(3));
        throw std::logic_error("no such part: " + arguments.at(0));
    } catch (const std::exception& error) {
        std::cout << "error: " << error.what() << std::endl;
        return 1;
    }
}

}  // namespace roomstore::test
