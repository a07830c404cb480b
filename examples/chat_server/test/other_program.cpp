// Another program on the database of chat servers: does what IRC clients cannot do.
//
//   say ROOM PARTICIPANT TEXT...   appends messages
//   edit ROOM TEXT NEW             changes the text of a message
//   deliver ROOM TEXT              changes the status of a message, and not its text
//   delete ROOM TEXT               deletes a message
//   replace ROOM TEXT...           deletes the room, creates it again and appends messages to it
//   remove ROOM                    deletes the room
//   reset                          makes all cursors invalid
//   cut APPLICATION                ends the session of an application that listens, and waits until
//                                  it has ended
//
// CHAT_STORE names the database.

#include <cstdlib>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include <roomstore/postgres/postgres_store.hpp>
#include <roomstore/roomstore.hpp>

#include "support/private_cluster.hpp"

namespace {

using asio::awaitable;
using roomstore::ConversationStore;
using roomstore::RoomEvent;
using Texts = std::vector<std::string>;

awaitable<void> say(ConversationStore& store, std::string room, std::string who, Texts texts) {
    for (const auto& text : texts) {
        auto source = roomstore::source("other:" + who, "other");
        source.participant_id = who;
        auto event = roomstore::text_event(room, source, text);
        co_await store.append(std::move(event));
    }
}

awaitable<RoomEvent> find(ConversationStore& store, std::string room, std::string text) {
    const auto content = roomstore::EventContent(roomstore::TextContent{.body = text});
    const auto events = co_await store.list_events(room);
    for (const auto& event : events) {
        if (event.content == content) co_return event;
    }
    throw std::runtime_error("no message '" + text + "'");
}

awaitable<void> act(ConversationStore& store, std::string action, Texts given) {
    const std::string room = given.empty() ? std::string() : given.front();
    if (action == "say") {
        co_await say(store, room, given.at(1), Texts(given.begin() + 2, given.end()));
    } else if (action == "edit" || action == "deliver") {
        auto event = co_await find(store, room, given.at(1));
        if (action == "edit") event.content = roomstore::TextContent{.body = given.at(2)};
        event.status = roomstore::EventStatus::delivered;
        co_await store.update_event(std::move(event));
    } else if (action == "delete") {
        const auto event = co_await find(store, room, given.at(1));
        co_await store.delete_event(room, event.id);
    } else if (action == "replace" || action == "remove") {
        co_await store.delete_room(room);
        if (action == "remove") co_return;
        co_await store.create_room(roomstore::make_room(room));
        co_await say(store, room, "other", Texts(given.begin() + 1, given.end()));
    } else if (action == "reset") {
        co_await store.reset_cursors();
    } else {
        throw std::runtime_error("unknown action " + action);
    }
}

awaitable<void> run(std::string database, std::string action, Texts given) {
    roomstore::PostgresOptions options;
    options.connection_string = std::move(database);
    roomstore::PostgresStore store(options);
    co_await store.init();
    co_await act(store, action, given);
    co_await store.close();
}

void cut(const std::string& database, const std::string& application) {
    roomstore::test::Admin admin(database);
    // Recognised by its last statement. One that has sent a probe may end too.
    const auto ended = admin.value(
        "SELECT count(pg_terminate_backend(pid, 60000)) FROM pg_stat_activity"
        " WHERE application_name = '" +
        application +
        "' AND (query ~* '^\\s*LISTEN' OR query ~ 'pg_notify' OR query ~ 'live_count, "
        "latest_index, revision\\s+FROM .*rooms WHERE id = ANY')");
    if (ended == "0") throw std::runtime_error("no session listens");
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const Texts arguments(argv + 1, argv + argc);
        const std::string database = std::getenv("CHAT_STORE");
        const std::string action = arguments.at(0);
        Texts given(arguments.begin() + 1, arguments.end());
        if (action == "cut") {
            cut(database, given.at(0));
            return 0;
        }
        asio::io_context io;
        asio::co_spawn(io, run(database, action, std::move(given)), [](std::exception_ptr failure) {
            if (failure) std::rethrow_exception(failure);
        });
        io.run();
        return 0;
    } catch (const std::exception& error) {
        std::cerr << "other_program: " << error.what() << '\n';
        return 1;
    }
}
