#include "faults/chaos/verify.hpp"

#include <algorithm>
#include <iterator>

#include "faults/chaos/clients.hpp"
#include "roomstore/postgres/postgres_store.hpp"
#include "support/run.hpp"

namespace roomstore::chaos {

namespace {

/// `id:index` of all events, from SQL. A list, not a map: it keeps duplicate rows.
std::vector<std::string> events_in_sql(test::Admin& admin, const std::string& room_id) {
    std::vector<std::string> events;
    for (const auto& row : admin.query("SELECT id || ':' || index FROM " +
                                       std::string("roomstore.events WHERE room_id = '") + room_id +
                                       "' ORDER BY index, id")) {
        events.push_back(row[0].value());
    }
    return events;
}

/// The counters in the row of the room.
std::string counters_in_sql(test::Admin& admin, const std::string& room_id) {
    return admin.value(
        "SELECT concat_ws(' ', event_count, live_count, latest_index) FROM "
        "roomstore.rooms WHERE id = '" +
        room_id + "'");
}

std::vector<RoomEvent> all_events(ConversationStore& store, const std::string& room_id) {
    std::vector<RoomEvent> events;
    EventQuery query{.limit = Limits::default_max_page_rows};
    for (bool more = true; more;) {
        auto page = test::run(store.list_events(room_id, query));
        more = std::ssize(page) == query.limit;
        if (more) query.after_index = page.back().index;
        std::ranges::move(page, std::back_inserter(events));
    }
    return events;
}

}  // namespace

FinalState read_final_state(const PostgresOptions& options, test::Admin& admin) {
    FinalState state;
    PostgresStore store(options);
    test::run(store.init());
    for (int number = 0; number < room_count; ++number) {
        const auto room_id = room_name(number);
        auto events = all_events(store, room_id);
        std::vector<std::string> listed;
        for (const auto& event : events) {
            listed.push_back(event.id + ':' + std::to_string(event.index));
        }
        if (listed != events_in_sql(admin, room_id)) {
            state.violations.push_back(room_id + ": the store lists other events than SQL");
        }
        const auto count = std::to_string(events.size());
        const auto latest = events.empty() ? 0 : events.back().index;
        const auto expected = count + ' ' + count + ' ' + std::to_string(latest);
        if (const auto found = counters_in_sql(admin, room_id); found != expected) {
            state.violations.push_back(room_id + ": its counters are " + found + ", not " +
                                       expected);
        }
        state.events += events.size();
        state.rooms[room_id] = std::move(events);
    }
    test::run(store.close());
    return state;
}

}  // namespace roomstore::chaos
