#include <utility>

#include "differential/call.hpp"

namespace roomstore::differential {

namespace {

/// Gives the cursor the hash that this store has for the room.
asio::awaitable<RoomChanges> list_changes(ConversationStore& store,
                                          std::string room_id,
                                          ChangesQuery query) {
    if (query.since && query.since->room == Values::own_room) {
        const auto now = co_await store.list_changes(room_id);
        query.since->room = now.cursor.room;
    }
    co_return co_await store.list_changes(std::move(room_id), std::move(query));
}

std::tuple<std::string, ChangesQuery> draw(Values& v) {
    auto room_id = v.room_id();
    const auto query = v.changes_query(room_id);
    return {std::move(room_id), query};
}

asio::awaitable<std::string> write_list_changes(ConversationStore& store,
                                                std::string room_id,
                                                ChangesQuery query) {
    CallCode code{.name = "list_changes"};
    code.add(typed_code(room_id));
    code.add(typed_code(query));
    if (query.since && query.since->room == Values::own_room) {
        const auto now = co_await outcome_of(store.list_changes(room_id));
        // Otherwise the call that is checked fails in the same way.
        if (!now.contains("error")) {
            code.declarations +=
                "auto own = b;\n"
                "own.since.value().room = run(store->list_changes(a)).cursor.room;\n";
            code.arguments = "a, own";
        }
    }
    co_return co_await write_check(list_changes(store, room_id, query), code);
}

Operation list_changes_operation(const std::tuple<std::string, ChangesQuery>& arguments) {
    auto operation = with_drawn("list_changes", list_changes, draw, arguments);
    operation.write = [arguments](ConversationStore& store) {
        const auto& [room_id, query] = arguments;
        return write_list_changes(store, room_id, query);
    };
    operation.varied = [arguments](Values& v) {
        auto changed = arguments;
        vary_one(v, changed, draw(v));
        return list_changes_operation(changed);
    };
    return operation;
}

}  // namespace

Operation change_operation(Values& values) {
    if (values.one_in(12)) return ROOMSTORE_FIXED(reset_cursors);
    return list_changes_operation(draw(values));
}

Operation changes_read(const std::string& room_id, const ChangesQuery& query) {
    return list_changes_operation({room_id, query});
}

}  // namespace roomstore::differential
