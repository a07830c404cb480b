#include "roomstore/postgres/postgres_store.hpp"

#include "postgres_store_impl.hpp"
#include "roomstore/detail/normalize.hpp"
#include "schema/migrations.hpp"
#include "schema/rights.hpp"
#include "sql/events/append.hpp"
#include "sql/events/events.hpp"
#include "sql/rooms.hpp"

// Jobs are named before they are handed over: GCC 12 destroys temporaries of a co_await twice.
namespace roomstore {

namespace sql = postgres::sql;
using postgres::Session;

namespace {

PostgresOptions validated(PostgresOptions options) {
    validate(options);
    return options;
}

}  // namespace

PostgresStore::PostgresStore(PostgresOptions options)
    : impl_(std::make_unique<Impl>(validated(std::move(options)))) {}

PostgresStore::~PostgresStore() = default;

std::string PostgresStore::schema_sql(const PostgresOptions& options) {
    validate(options);
    return postgres::schema_script(options.schema, options.partitions);
}

PostgresStats PostgresStore::stats() const { return impl_->stats(); }

asio::awaitable<void> PostgresStore::init() {
    if (impl_->state == Impl::State::closed) impl_->require_open("init");
    impl_->pool.open();
    if (impl_->state == Impl::State::open) co_return;
    auto look = [options = impl_->options](Session& session) {
        const auto found = postgres::read_schema_state(session, options.schema);
        const bool due = postgres::needs_migration(found, options.schema, options.create_schema);
        if (due) {
            postgres::require_creation_rights(session, options.schema);
        } else {
            postgres::require_table_rights(session, options.schema);
        }
        return due;
    };
    const bool found_due = co_await impl_->read("init", {}, look);
    for (bool due = found_due; due;) {
        auto migrate = [options = impl_->options](Session& session) {
            return postgres::apply_next_migration(session, options.schema, options.partitions);
        };
        due = co_await impl_->write("init", {}, std::move(migrate));
    }
    // Another process may have made the tables, and own them.
    if (found_due) co_await impl_->read("init", {}, look);
    auto created = Impl::State::created;
    impl_->state.compare_exchange_strong(created, Impl::State::open);
}

asio::awaitable<void> PostgresStore::close() {
    impl_->state = Impl::State::closed;
    return impl_->pool.close();
}

asio::awaitable<Room> PostgresStore::create_room(Room room) {
    impl_->require_open("create_room");
    impl_->validator.create_room(room);
    std::string room_id = room.id;
    auto job = [room = std::move(room)](Session& session) {
        return sql::create_room(session, room);
    };
    co_return co_await impl_->write_once("create_room", std::move(room_id), std::move(job));
}

asio::awaitable<std::optional<Room>> PostgresStore::get_room(std::string room_id) {
    impl_->require_open("get_room");
    impl_->validator.get_room(room_id);
    auto job = [room_id](Session& session) { return sql::get_room(session, room_id); };
    co_return co_await impl_->read("get_room", std::move(room_id), std::move(job));
}

asio::awaitable<Room> PostgresStore::update_room(Room room) {
    impl_->require_open("update_room");
    impl_->validator.update_room(room);
    std::string room_id = room.id;
    auto job = [room = std::move(room)](Session& session) {
        return sql::update_room(session, room);
    };
    co_return co_await impl_->write("update_room", std::move(room_id), std::move(job));
}

asio::awaitable<std::optional<Room>> PostgresStore::patch_room_metadata(
    std::string room_id,
    Json patch,
    std::vector<std::string> unset) {
    impl_->require_open("patch_room_metadata");
    impl_->validator.patch_room_metadata(room_id, patch, unset);
    auto job = [validator = impl_->validator,
                room_id,
                patch = std::move(patch),
                unset = std::move(unset),
                at = now()](Session& session) {
        auto room = sql::patch_room_metadata(session, room_id, patch, unset, at);
        if (room) validator.patched_room(*room);
        return room;
    };
    co_return co_await impl_->write("patch_room_metadata", std::move(room_id), std::move(job));
}

asio::awaitable<bool> PostgresStore::delete_room(std::string room_id) {
    impl_->require_open("delete_room");
    impl_->validator.delete_room(room_id);
    auto job = [room_id](Session& session) { return sql::delete_room(session, room_id); };
    co_return co_await impl_->write_once("delete_room", std::move(room_id), std::move(job));
}

asio::awaitable<bool> PostgresStore::room_exists(std::string room_id) {
    impl_->require_open("room_exists");
    impl_->validator.room_exists(room_id);
    auto job = [room_id](Session& session) { return sql::room_exists(session, room_id); };
    co_return co_await impl_->read("room_exists", std::move(room_id), std::move(job));
}

asio::awaitable<std::vector<Room>> PostgresStore::list_rooms(Page page) {
    impl_->require_open("list_rooms");
    impl_->validator.list_rooms(page);
    auto job = [unreadable = impl_->unreadable, page](Session& session) {
        return sql::find_rooms(session, *unreadable, {}, page);
    };
    co_return co_await impl_->read("list_rooms", {}, std::move(job));
}

asio::awaitable<std::vector<Room>> PostgresStore::find_rooms(RoomFilter filter, Page page) {
    impl_->require_open("find_rooms");
    impl_->validator.find_rooms(filter, page);
    auto job =
        [unreadable = impl_->unreadable, filter = std::move(filter), page](Session& session) {
            return sql::find_rooms(session, *unreadable, filter, page);
        };
    co_return co_await impl_->read("find_rooms", {}, std::move(job));
}

asio::awaitable<std::optional<Room>> PostgresStore::find_latest_room(std::string participant_id,
                                                                     LatestRoomFilter filter) {
    impl_->require_open("find_latest_room");
    impl_->validator.find_latest_room(participant_id, filter);
    auto job = [participant_id = std::move(participant_id),
                filter = std::move(filter)](Session& session) {
        return sql::find_latest_room(session, participant_id, filter);
    };
    co_return co_await impl_->read("find_latest_room", {}, std::move(job));
}

asio::awaitable<std::optional<std::string>> PostgresStore::find_room_id_by_channel(
    std::string channel_id,
    std::optional<RoomStatus> status) {
    impl_->require_open("find_room_id_by_channel");
    impl_->validator.find_room_id_by_channel(channel_id, status);
    auto job = [channel_id = std::move(channel_id),
                status](Session& session) -> std::optional<std::string> {
        auto ids =
            sql::find_room_ids_by_channel(session, channel_id, {.status = status, .limit = 1});
        if (ids.empty()) return std::nullopt;
        return std::move(ids.front());
    };
    co_return co_await impl_->read("find_room_id_by_channel", {}, std::move(job));
}

asio::awaitable<std::vector<std::string>> PostgresStore::find_room_ids_by_channel(
    std::string channel_id,
    ChannelLookup lookup) {
    impl_->require_open("find_room_ids_by_channel");
    impl_->validator.find_room_ids_by_channel(channel_id, lookup);
    auto job = [channel_id = std::move(channel_id), lookup](Session& session) {
        return sql::find_room_ids_by_channel(session, channel_id, lookup);
    };
    co_return co_await impl_->read("find_room_ids_by_channel", {}, std::move(job));
}

asio::awaitable<std::int64_t> PostgresStore::get_delivered_index(std::string room_id) {
    impl_->require_open("get_delivered_index");
    impl_->validator.get_delivered_index(room_id);
    auto job = [room_id](Session& session) { return sql::get_delivered_index(session, room_id); };
    co_return co_await impl_->read("get_delivered_index", std::move(room_id), std::move(job));
}

asio::awaitable<bool> PostgresStore::advance_delivered_index(std::string room_id,
                                                             std::int64_t index,
                                                             Gap gap) {
    impl_->require_open("advance_delivered_index");
    impl_->validator.advance_delivered_index(room_id, index, gap);
    auto job = [room_id, index, gap](Session& session) {
        return sql::advance_delivered_index(session, room_id, index, gap);
    };
    co_return co_await impl_->write_once(
        "advance_delivered_index", std::move(room_id), std::move(job));
}

asio::awaitable<RoomContext> PostgresStore::load_room_context(std::string room_id) {
    impl_->require_open("load_room_context");
    impl_->validator.load_room_context(room_id);
    auto job = [unreadable = impl_->unreadable, room_id](Session& session) {
        return sql::load_room_context(session, *unreadable, room_id);
    };
    co_return co_await impl_->read("load_room_context", std::move(room_id), std::move(job));
}

asio::awaitable<RoomEvent> PostgresStore::add_event_auto_index(std::string room_id,
                                                               RoomEvent event) {
    impl_->require_open("add_event_auto_index");
    impl_->validator.add_event_auto_index(room_id, event);
    detail::normalize_idempotency_key(event);
    std::vector<RoomEvent> events;
    events.push_back(std::move(event));
    auto stored =
        co_await impl_->append("add_event_auto_index", std::move(room_id), std::move(events));
    co_return std::move(stored.front());
}

asio::awaitable<std::vector<RoomEvent>> PostgresStore::append_events(std::string room_id,
                                                                     std::vector<RoomEvent> events,
                                                                     AppendOptions options) {
    impl_->require_open("append_events");
    impl_->validator.append_events(room_id, events, options);
    for (RoomEvent& event : events) detail::normalize_idempotency_key(event);
    co_return co_await impl_->append(
        "append_events", std::move(room_id), std::move(events), options.expected_next_index);
}

asio::awaitable<RoomEvent> PostgresStore::add_event(RoomEvent event) {
    impl_->require_open("add_event");
    impl_->validator.add_event(event);
    detail::normalize_idempotency_key(event);
    std::string room_id = event.room_id;
    auto job = [event = std::move(event)](Session& session) {
        return sql::add_event(session, event);
    };
    co_return co_await impl_->write("add_event", std::move(room_id), std::move(job));
}

asio::awaitable<std::optional<RoomEvent>> PostgresStore::get_event(std::string event_id) {
    impl_->require_open("get_event");
    impl_->validator.get_event(event_id);
    auto job = [event_id = std::move(event_id)](Session& session) {
        return sql::get_event(session, event_id);
    };
    co_return co_await impl_->read("get_event", {}, std::move(job));
}

asio::awaitable<std::optional<RoomEvent>> PostgresStore::get_event(std::string room_id,
                                                                   std::string event_id) {
    impl_->require_open("get_event");
    impl_->validator.get_event(room_id, event_id);
    auto job = [room_id, event_id = std::move(event_id)](Session& session) {
        return sql::get_event(session, room_id, event_id);
    };
    co_return co_await impl_->read("get_event", std::move(room_id), std::move(job));
}

asio::awaitable<RoomEvent> PostgresStore::update_event(RoomEvent event) {
    impl_->require_open("update_event");
    impl_->validator.update_event(event);
    std::string room_id = event.room_id;
    auto job = [event = std::move(event)](Session& session) {
        return sql::update_event(session, event);
    };
    co_return co_await impl_->write("update_event", std::move(room_id), std::move(job));
}

asio::awaitable<std::vector<std::string>> PostgresStore::delete_event(std::string room_id,
                                                                      std::string event_id,
                                                                      Replies replies) {
    impl_->require_open("delete_event");
    impl_->validator.delete_event(room_id, event_id, replies);
    auto job = [room_id, event_id = std::move(event_id), replies](Session& session) {
        return sql::delete_event(session, room_id, event_id, replies);
    };
    co_return co_await impl_->write_once("delete_event", std::move(room_id), std::move(job));
}

asio::awaitable<std::vector<RoomEvent>> PostgresStore::list_events(std::string room_id,
                                                                   EventQuery query) {
    impl_->require_open("list_events");
    impl_->validator.list_events(room_id, query);
    auto job =
        [unreadable = impl_->unreadable, room_id, query = std::move(query)](Session& session) {
            return sql::list_events(session, *unreadable, room_id, query);
        };
    co_return co_await impl_->read("list_events", std::move(room_id), std::move(job));
}

asio::awaitable<std::map<std::string, ThreadSummary>> PostgresStore::get_thread_summaries(
    std::string room_id,
    std::vector<std::string> root_event_ids) {
    impl_->require_open("get_thread_summaries");
    impl_->validator.get_thread_summaries(room_id, root_event_ids);
    auto job = [room_id, roots = std::move(root_event_ids)](Session& session) {
        return sql::get_thread_summaries(session, room_id, roots);
    };
    co_return co_await impl_->read("get_thread_summaries", std::move(room_id), std::move(job));
}

asio::awaitable<bool> PostgresStore::check_idempotency(std::string room_id, std::string key) {
    impl_->require_open("check_idempotency");
    impl_->validator.check_idempotency(room_id, key);
    if (key.empty()) co_return false;
    auto job = [room_id, key = std::move(key)](Session& session) {
        return sql::check_idempotency(session, room_id, key);
    };
    co_return co_await impl_->read("check_idempotency", std::move(room_id), std::move(job));
}

asio::awaitable<std::optional<RoomEvent>> PostgresStore::get_event_by_idempotency_key(
    std::string room_id,
    std::string key) {
    impl_->require_open("get_event_by_idempotency_key");
    impl_->validator.get_event_by_idempotency_key(room_id, key);
    if (key.empty()) co_return std::nullopt;
    auto job = [room_id, key = std::move(key)](Session& session) {
        return sql::get_event_by_idempotency_key(session, room_id, key);
    };
    co_return co_await impl_->read(
        "get_event_by_idempotency_key", std::move(room_id), std::move(job));
}

asio::awaitable<std::int64_t> PostgresStore::get_event_count(std::string room_id) {
    impl_->require_open("get_event_count");
    impl_->validator.get_event_count(room_id);
    auto job = [room_id](Session& session) { return sql::get_event_count(session, room_id); };
    co_return co_await impl_->read("get_event_count", std::move(room_id), std::move(job));
}

}  // namespace roomstore
