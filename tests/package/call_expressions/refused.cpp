#include "calls.hpp"

using namespace roomstore;
using asio::awaitable;
using Store = ConversationStore;

namespace {

[[maybe_unused]] EventSource source(std::string channel_id) {
    return {.channel_id = std::move(channel_id), .channel_type = "cli"};
}

[[maybe_unused]] RoomEvent said(EventContent content) {
    return {.room_id = "lobby", .source = source(long_text), .content = std::move(content)};
}

template <typename Struct>
void take(bool /*awaited*/, Struct /*created in the same expression*/) {}

#define STATEMENT(number, ...)                                                    \
    awaitable<void> statement_##number([[maybe_unused]] ConversationStore& store, \
                                       [[maybe_unused]] bool yes) {               \
        __VA_ARGS__;                                                              \
    }
#include "refused_statements.inc"
#undef STATEMENT

}  // namespace

std::vector<Call> refused_calls() {
    return {
#define STATEMENT(number, ...) {#__VA_ARGS__, statement_##number},
#include "refused_statements.inc"
#undef STATEMENT
    };
}
