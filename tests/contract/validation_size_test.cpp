#include <functional>

#include "contract/populated_store.hpp"
#include "support/populated.hpp"

/// `Limits` bounds rows, pages and batches.
namespace roomstore::contract {

namespace {

constexpr std::size_t limit = 8192;

std::string text(std::size_t bytes) { return std::string(bytes, 'x'); }

/// Whether `write` succeeds on a fresh store with that limit. A refusal must name `name`.
bool takes(const std::function<void(ConversationStore&)>& write, const std::string& name) {
    const auto store = fresh_store({.max_event_bytes = limit});
    run(store->create_room(sample_room()));
    const auto before = dump(*store);
    try {
        write(*store);
        return true;
    } catch (const Error& error) {
        CHECK_THAT(error,
                   fails_with(errc::invalid_argument, name + ":") &&
                       fails_with(errc::invalid_argument, "max_event_bytes"));
        CHECK(dump(*store) == before);
        return false;
    }
}

/// The row written may have up to 1024 bytes besides the text.
template <typename Write>
void bounds(const std::string& name, Write write) {
    CAPTURE(name);
    const auto with = [&](std::size_t bytes) {
        return takes([&](ConversationStore& store) { write(store, text(bytes)); }, name);
    };
    CHECK(with(limit - 1024));
    CHECK_FALSE(with(limit + 1));
    CHECK_FALSE(with(10 * limit));
}

}  // namespace

TEST_CASE("max_event_bytes bounds an event, whichever field is large", "[validation][events]") {
    const auto event = [](auto change) {
        return [change](ConversationStore& store, std::string bytes) {
            auto large = make_event();
            change(large, std::move(bytes));
            // Not inside a CHECK, which would catch the exception that `takes` expects.
            const auto stored = run(store.add_event_auto_index("room", large));
            CHECK((stored == large));
            CHECK((run(store.get_event("event")) == large));
        };
    };
    bounds("RoomEvent", event([](RoomEvent& e, std::string bytes) {
               e.content = TextContent{.body = std::move(bytes)};
           }));
    bounds("RoomEvent", event([](RoomEvent& e, std::string bytes) {
               e.content = TextContent{.unknown_members = {{"future", std::move(bytes)}}};
           }));
    bounds("RoomEvent", event([](RoomEvent& e, std::string bytes) {
               e.unknown_members = {{std::move(bytes), nullptr}};
           }));
    bounds("RoomEvent", event([](RoomEvent& e, std::string bytes) {
               e.metadata = {{"key", std::move(bytes)}};
           }));
    bounds("RoomEvent", event([](RoomEvent& e, std::string bytes) {
               e.source.raw_payload = {{std::move(bytes), 1}};
           }));
    bounds("RoomEvent", event([](RoomEvent& e, std::string bytes) {
               e.channel_data.thread_id = std::move(bytes);
           }));
    bounds("RoomEvent", event([](RoomEvent& e, const std::string& bytes) {
               // Values other than strings count as 8 bytes each.
               e.delivery_results = {{"list", Json::array()}};
               for (std::size_t i = 0; i < bytes.size() / 8; ++i) {
                   e.delivery_results["list"].push_back(nullptr);
               }
           }));
}

TEST_CASE("max_event_bytes applies to every operation that writes an event",
          "[validation][events]") {
    const auto large_event = [](std::string bytes) {
        return make_event({.body = std::move(bytes)});
    };
    bounds("RoomEvent", [&](ConversationStore& store, std::string bytes) {
        run(store.add_event(large_event(std::move(bytes))));
    });
    bounds("events/1", [&](ConversationStore& store, std::string bytes) {
        // The limit applies to each event, not to the batch.
        run(store.append_events("room",
                                {make_event({.id = "a", .body = text(limit / 2)}),
                                 large_event(std::move(bytes)),
                                 make_event({.id = "b", .body = text(limit / 2)})}));
    });
    const auto store = fresh_store({.max_event_bytes = limit});
    run(store->create_room(sample_room()));
    run(store->add_event_auto_index("room", make_event()));
    CHECK_FAILS(
        store->update_event(large_event(text(limit + 1))), errc::invalid_argument, "RoomEvent:");
    CHECK(run(store->get_event("event")) == make_event());
}

TEST_CASE("max_event_bytes bounds the rows of every other type", "[validation]") {
    bounds("Room", [](ConversationStore& store, std::string bytes) {
        run(store.create_room(sample_room({.id = "new", .metadata = {{"a", std::move(bytes)}}})));
    });
    bounds("Room", [](ConversationStore& store, std::string bytes) {
        run(store.update_room(sample_room({.metadata = {{"a", std::move(bytes)}}})));
    });
    bounds("patch", [](ConversationStore& store, std::string bytes) {
        run(store.patch_room_metadata("room", {{"a", std::move(bytes)}}));
    });
    bounds("ChannelBinding", [](ConversationStore& store, std::string bytes) {
        run(store.add_binding({.channel_id = "channel",
                               .room_id = "room",
                               .channel_type = ChannelType::sms,
                               .metadata = {{"a", std::move(bytes)}}}));
    });
    bounds("Participant", [](ConversationStore& store, std::string bytes) {
        run(store.add_participant({.id = "participant",
                                   .room_id = "room",
                                   .channel_id = "channel",
                                   .display_name = std::move(bytes)}));
    });
    bounds("Identity", [](ConversationStore& store, std::string bytes) {
        run(store.create_identity({.id = "identity", .external_ids = {{std::move(bytes), "1"}}}));
    });
    bounds("Task", [](ConversationStore& store, std::string bytes) {
        run(store.add_task({.id = "task", .room_id = "room", .title = std::move(bytes)}));
    });
    bounds("Observation", [](ConversationStore& store, std::string bytes) {
        run(store.add_observation({.id = "observation",
                                   .room_id = "room",
                                   .channel_id = "channel",
                                   .content = std::move(bytes)}));
    });
}

TEST_CASE("a sequence of small metadata patches cannot exceed max_event_bytes",
          "[validation][rooms]") {
    const auto store = fresh_store({.max_event_bytes = limit});
    run(store->create_room(sample_room()));
    run(store->patch_room_metadata("room", {{"a", text(limit / 2)}}));
    const auto before = run(store->get_room("room"));
    CHECK_FAILS(store->patch_room_metadata("room", {{"b", text(limit / 2)}}),
                errc::invalid_argument,
                "max_event_bytes");
    CHECK(run(store->get_room("room")) == before);
    const auto patched = run(store->patch_room_metadata("room", {{"b", text(limit / 2)}}, {"a"}));
    REQUIRE(patched);
    CHECK(patched->metadata == Json{{"b", text(limit / 2)}});
}

TEST_CASE("max_event_bytes is 1 MiB by default", "[validation][events]") {
    const auto store = store_with_room();
    constexpr std::size_t mebibyte = std::size_t{1} << 20;
    const auto large = make_event({.body = text(mebibyte - 1024)});
    CHECK((run(store->add_event_auto_index("room", large)) == large));
    CHECK((run(store->get_event("event")) == large));
    CHECK_FAILS(store->add_event_auto_index("room", make_event({.body = text(mebibyte + 1)})),
                errc::invalid_argument,
                "max_event_bytes");
}

TEST_CASE("max_event_bytes can be raised to 64 MiB", "[validation][events]") {
    const auto store = fresh_store({.max_event_bytes = Limits::highest_max_event_bytes});
    run(store->create_room(sample_room()));
    const auto large = make_event({.body = text(std::size_t{5} << 20)});
    CHECK((run(store->add_event_auto_index("room", large)) == large));
    CHECK((run(store->get_event("event")) == large));
}

TEST_CASE("every limit is at most max_page_rows", "[validation]") {
    const auto store = populated_store({.max_page_rows = 3});
    CHECK(run(store->list_rooms({.limit = 3})).size() == 2);
    CHECK(run(store->list_events("room", {.limit = 3})).size() == 2);
    const auto refused = [](auto call, const char* field) {
        const std::string text = std::string(field) + ": 4 rows, more than max_page_rows (3)";
        CHECK_FAILS(std::move(call), errc::invalid_argument, text);
    };
    refused(store->list_rooms({.limit = 4}), "Page.limit");
    refused(store->find_rooms({}, {.limit = 4}), "Page.limit");
    refused(store->find_room_ids_by_channel("channel", {.limit = 4}), "ChannelLookup.limit");
    refused(store->list_events("room", {.limit = 4}), "EventQuery.limit");
    refused(store->get_conversation("room", {.limit = 4}), "EventQuery.limit");
    refused(store->get_timeline("room", {.limit = 4}), "EventQuery.limit");
}

TEST_CASE("a refused batch stores nothing: max_batch_events, max_batch_bytes", "[validation]") {
    const auto store = fresh_store({.max_batch_events = 2, .max_batch_bytes = 4096});
    run(store->create_room(sample_room()));
    const auto batch = [](int count, std::size_t bytes) {
        std::vector<RoomEvent> events;
        for (int i = 0; i < count; ++i) {
            events.push_back(make_event({.id = std::to_string(i), .body = text(bytes)}));
        }
        return events;
    };
    CHECK_FAILS(store->append_events("room", batch(3, 1)),
                errc::invalid_argument,
                "events: 3 events, more than max_batch_events (2)");
    CHECK_FAILS(store->append_events("room", batch(2, 2048)),
                errc::invalid_argument,
                "more than max_batch_bytes (4096)");
    CHECK(run(store->get_event_count("room")) == 0);
    CHECK(run(store->append_events("room", batch(2, 1024))).size() == 2);
    // A single append is bounded by max_event_bytes alone.
    run(store->add_event_auto_index("room", make_event({.id = "large", .body = text(8192)})));
}

TEST_CASE("making a store with limits out of range is refused", "[validation]") {
    for (const std::size_t bad : {std::size_t{0}, Limits::highest_max_event_bytes + 1}) {
        CHECK_THROWS_MATCHES(fresh_store({.max_event_bytes = bad}),
                             Error,
                             fails_with(errc::invalid_argument, "max_event_bytes"));
    }
    const auto refused = [](const Limits& limits, const char* name) {
        CHECK_THROWS_MATCHES(fresh_store(limits), Error, fails_with(errc::invalid_argument, name));
    };
    refused({.max_page_rows = 0}, "max_page_rows");
    refused({.max_page_rows = Limits::highest_max_page_rows + 1}, "max_page_rows");
    refused({.max_batch_events = 0}, "max_batch_events");
    refused({.max_batch_events = Limits::highest_max_batch_events + 1}, "max_batch_events");
    refused({.max_batch_bytes = 0}, "max_batch_bytes");
    refused({.max_batch_bytes = Limits::highest_max_batch_bytes + 1}, "max_batch_bytes");
}

}  // namespace roomstore::contract
