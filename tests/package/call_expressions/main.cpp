// Awaits calls in every notation that compiles, each in its own store, and checks the results.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string_view>
#include <vector>

#include "calls.hpp"

namespace {

const char* current = "";

asio::awaitable<void> run_in(roomstore::ConversationStore& store, const Call& call, bool yes) {
    co_await store.init();
    co_await store.create_room(room_named("lobby"));
    co_await call.run(store, yes);
    co_await store.close();
}

void run(const Call& call, bool yes) {
    current = call.name;
    asio::io_context io;
    roomstore::InMemoryStore store;
    asio::co_spawn(io, run_in(store, call, yes), [](std::exception_ptr failure) {
        if (!failure) return;
        std::fprintf(stderr, "%s:\n", current);
        std::rethrow_exception(failure);
    });
    io.run();
}

}  // namespace

void expect(bool holds, std::string_view what) {
    if (holds) return;
    std::fprintf(
        stderr, "%s: expected %.*s\n", current, static_cast<int>(what.size()), what.data());
    std::exit(1);
}

#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
std::vector<Call> refused_calls() { return {}; }
#endif

int main() {
    std::size_t calls = 0;
    for (const auto& some : {struct_calls(), text_calls(), refused_calls()}) {
        for (const Call& call : some) {
            run(call, false);
            run(call, true);
            ++calls;
        }
    }
    std::printf("%zu kinds of calls\n", calls);
    expect(calls >= 40, "40 kinds of calls");
}
