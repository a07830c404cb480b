#include "postgres/child.hpp"

#include <iostream>
#include <mutex>
#include <stdexcept>

#include "support/builders.hpp"
#include "support/run.hpp"

namespace roomstore::test {

namespace {

PostgresOptions options_for(const std::string& connection_string, const std::string& schema) {
    PostgresOptions options;
    options.connection_string = connection_string;
    options.schema = schema;
    // Many processes on few processors: no deadline is part of the test.
    options.deadline = std::chrono::seconds{60};
    return options;
}

int init(const PostgresOptions& options) {
    PostgresStore store(options);
    run(store.init());
    run(store.close());
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

}  // namespace

Process start_child(std::vector<std::string> arguments, const std::filesystem::path& log) {
    arguments.insert(arguments.begin(), {"/proc/self/exe", "child"});
    return Process::start(std::move(arguments), {.log = log});
}

int run_child(const std::vector<std::string>& arguments) {
    try {
        const auto options = options_for(arguments.at(1), arguments.at(2));
        if (arguments.at(0) == "init") return init(options);
        if (arguments.at(0) == "append") {
            return append(
                options, arguments.at(3), std::stoi(arguments.at(4)), std::stoi(arguments.at(5)));
        }
        throw std::logic_error("no such part: " + arguments.at(0));
    } catch (const std::exception& error) {
        std::cout << "error: " << error.what() << std::endl;
        return 1;
    }
}

}  // namespace roomstore::test
