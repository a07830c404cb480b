#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "contract/fixture.hpp"
#include "contract/operations.hpp"
#include "contract/populated_store.hpp"
#include "roomstore/model/json.hpp"
#include "support/hostile_text.hpp"
#include "support/populated.hpp"

namespace roomstore::contract {

namespace {

struct Name {
    std::string raw;
    /// As it appears, between quotes, in the text of an error.
    std::string shown;
};

const std::vector<Name>& names() {
    static const std::vector<Name> all{
        {"lobby", "lobby"},
        {"gr\xC3\xBC\xC3\x9F dich \xF0\x9F\x91\x8B", "gr\xC3\xBC\xC3\x9F dich \xF0\x9F\x91\x8B"},
        {"a\n2026-01-01 ERROR forged", "a\\n2026-01-01 ERROR forged"},
        {"a\r\nb\tc", "a\\r\\nb\\tc"},
        {"\x1B[2J\x1B]0;title\x07", "\\u001b[2J\\u001b]0;title\\u0007"},
        {"a\x7F", "a\\u007f"},
        {"a\xC2\x85line", "a\\u0085line"},
        {"a\xC2\x9B"
         "31m",
         "a\\u009b31m"},
        {"a\xE2\x80\xA8line\xE2\x80\xA9paragraph", "a\\u2028line\\u2029paragraph"},
        {"a\xE2\x80\xAEright to left", "a\\u202eright to left"},
        {"it's' in room 'lobby", "it\\'s\\' in room \\'lobby"},
        {"say \"hello\"", "say \"hello\""},
        {"a\\nb", "a\\\\nb"},
        {std::string(255, 'x'), std::string(255, 'x')},
    };
    return all;
}

/// Whether `text` can be logged as it is: one line without control or bidirectional characters.
bool is_one_line(const std::string& text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte < 0x20 || byte == 0x7F) return false;
        // U+0080 to U+009F; U+2028, U+2029 and the bidirectional controls after them.
        if (byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) {
            return false;
        }
        if (text.compare(i, 2, "\xE2\x80") == 0 && i + 2 < text.size()) {
            const auto last = static_cast<unsigned char>(text[i + 2]);
            if (last >= 0xA8 && last <= 0xAE) return false;
        }
    }
    return true;
}

/// The error text with which the call fails.
template <typename Call>
std::string text_of(errc code, Call call) {
    try {
        static_cast<void>(run(std::move(call)));
    } catch (const Error& error) {
        CHECK(error.code() == code);
        CHECK(is_one_line(error.what()));
        return error.detail();
    }
    FAIL_CHECK("the call succeeded");
    return {};
}

ChannelBinding binding_of(std::string room_id, std::string channel_id) {
    auto binding = full_binding();
    binding.room_id = std::move(room_id);
    binding.channel_id = std::move(channel_id);
    return binding;
}

Participant participant_of(std::string room_id, std::string id) {
    auto participant = full_participant();
    participant.room_id = std::move(room_id);
    participant.id = std::move(id);
    return participant;
}

roomstore::Task task_of(std::string room_id, std::string id) {
    auto task = full_task();
    task.room_id = std::move(room_id);
    task.id = std::move(id);
    return task;
}

Observation observation_of(std::string room_id, std::string id) {
    auto observation = full_observation();
    observation.room_id = std::move(room_id);
    observation.id = std::move(id);
    return observation;
}

RoomEvent event_of(const std::string& room_id, const std::string& id, std::int64_t index = 0) {
    return make_event({.id = id, .room_id = room_id, .index = index});
}

}  // namespace

TEST_CASE("the error text for a missing room is one line, and the same in every backend",
          "[own][errors]") {
    const auto store = fresh_store();
    for (const auto& [raw, shown] : names()) {
        CAPTURE(shown);
        const auto id = raw;
        const auto check = [&](const std::string& operation, auto call) {
            CHECK(text_of(errc::not_found, std::move(call)) ==
                  operation + ": no room '" + shown + "'");
        };
        check("update_room", store->update_room(sample_room({.id = id})));
        check("add_event_auto_index", store->add_event_auto_index(id, event_of(id, "event")));
        check("append_events", store->append_events(id, {event_of(id, "event")}));
        check("add_event", store->add_event(event_of(id, "event")));
        check("add_binding", store->add_binding(binding_of(id, "channel")));
        check("add_participant", store->add_participant(participant_of(id, "participant")));
        check("add_task", store->add_task(task_of(id, "task")));
        check("add_observation", store->add_observation(observation_of(id, "observation")));
        check("mark_all_read", store->mark_all_read(id, "channel"));
        check("trim_room", store->trim_room(id, 1));
    }
}

TEST_CASE("the error text for a missing row is one line, and the same in every backend",
          "[own][errors]") {
    const auto store = store_with_room();
    for (const auto& [raw, shown] : names()) {
        CAPTURE(shown);
        const auto id = raw;
        const auto check = [&](const std::string& what, auto call) {
            CHECK(text_of(errc::not_found, std::move(call)) == what);
        };
        const auto row = '\'' + shown + '\'';
        for (const std::string& room : {std::string("room"), id}) {
            const auto place = " in room '" + (room == id ? shown : room) + "'";
            check("update_event: no event " + row + place, store->update_event(event_of(room, id)));
            check("mark_read: no event " + row + place, store->mark_read(room, "channel", id));
            check("update_binding: no channel " + row + place,
                  store->update_binding(binding_of(room, id)));
            check("update_participant: no participant " + row + place,
                  store->update_participant(participant_of(room, id)));
            check("update_task: no task " + row + place, store->update_task(task_of(room, id)));
        }
        check("link_address: no identity " + row,
              store->link_address(id, ChannelType::sms, "address"));
    }
}

TEST_CASE("the error text for an index below the first index is the same in every backend",
          "[own][errors]") {
    const auto store = store_with_room();
    for (const char* id : {"a", "b", "c"}) run(store->append(event_of("room", id)));
    REQUIRE(run(store->trim_room("room", 2)) == 2);
    CHECK(text_of(errc::conflict, store->add_event(make_event({.id = "d", .index = 1}))) ==
          "add_event: index 1 of room 'room' is below its first index, 2");
}

TEST_CASE("the error text for an existing row is one line, and the same in every backend",
          "[own][errors]") {
    const auto store = fresh_store();
    for (const auto& [raw, shown] : names()) {
        CAPTURE(shown);
        const auto id = raw;
        const auto row = '\'' + shown + '\'';
        const auto check = [&](errc code, const std::string& what, auto call) {
            CHECK(text_of(code, std::move(call)) == what);
        };
        run(store->create_room(sample_room({.id = id})));
        check(errc::already_exists,
              "create_room: room " + row + " exists",
              store->create_room(sample_room({.id = id})));

        Identity identity;
        identity.id = id;
        run(store->create_identity(identity));
        check(errc::already_exists,
              "create_identity: identity " + row + " exists",
              store->create_identity(identity));

        run(store->add_task(task_of(id, id)));
        check(errc::already_exists,
              "add_task: task " + row + " exists in room " + row,
              store->add_task(task_of(id, id)));
        run(store->add_observation(observation_of(id, id)));
        check(errc::already_exists,
              "add_observation: observation " + row + " exists in room " + row,
              store->add_observation(observation_of(id, id)));

        run(store->add_event(event_of(id, id)));
        auto other = event_of(id, id);
        other.created_at = at(1);
        const auto taken = ": the id " + row + " names another event of room " + row;
        check(errc::already_exists, "add_event" + taken, store->add_event(other));
        check(errc::already_exists,
              "add_event_auto_index" + taken,
              store->add_event_auto_index(id, other));
        check(errc::already_exists, "append_events" + taken, store->append_events(id, {other}));
        check(errc::already_exists,
              "append_events: 1 of 2 events are stored in room " + row,
              store->append_events(id, {event_of(id, id), event_of(id, "next")}));
        check(errc::conflict,
              "add_event: index 0 of room " + row + " is taken",
              store->add_event(event_of(id, "next")));
        check(errc::conflict,
              "append_events: the next index of room " + row + " is 1, not 7",
              store->append_events(id, {event_of(id, "next")}, {.expected_next_index = 7}));
        constexpr auto last_index = (std::numeric_limits<std::int64_t>::max)() - 1;
        run(store->add_event(event_of(id, "last", last_index)));
        check(errc::storage_full,
              "add_event_auto_index: too few indexes left in room " + row,
              store->add_event_auto_index(id, event_of(id, "beyond")));
        check(errc::storage_full,
              "append_events: too few indexes left in room " + row,
              store->append_events(id, {event_of(id, "beyond")}));
    }
}

TEST_CASE("an error text is one line, whatever text the operation was given", "[own][errors]") {
    const auto store = populated_store();
    HostileText hostile(20260301);
    for (const auto& operation : operations()) {
        for (const auto& argument : operation.text_arguments) {
            CAPTURE(operation.name, argument.path);
            for (int i = 0; i < 3; ++i) {
                try {
                    run(argument.call(*store,
                                      "\n\x1B\x7F\xC2\x85\xE2\x80\xA8" + hostile.next(900)));
                } catch (const Error& error) {
                    REQUIRE(is_one_line(error.what()));
                }
            }
        }
    }
}

TEST_CASE("the path of a JSON member in an error text is one line", "[own][errors][validation]") {
    const auto store = fresh_store();
    for (const auto& [raw, shown] : names()) {
        CAPTURE(shown);
        const auto within = [&](const std::string& text) {
            CHECK(is_one_line(text));
            return text;
        };
        auto room = sample_room();
        Json deep = 1;
        for (int i = 0; i < 200; ++i) deep = Json{{raw, deep}};
        room.metadata = deep;
        within(text_of(errc::invalid_argument, store->create_room(room)));
        room.metadata = Json{{raw, std::string("a\0b", 3)}};
        within(text_of(errc::invalid_argument, store->create_room(room)));

        auto event = event_of("room", "event");
        event.content = UnknownContent{.raw = Json{{"type", "text"}, {raw, deep}}};
        within(text_of(errc::invalid_argument, store->add_event(event)));
        const auto refusal_of = [&](const Json& json) {
            try {
                static_cast<void>(json.get<RoomEvent>());
            } catch (const Error& error) {
                return within(error.what());
            }
            return std::string();
        };
        auto json = Json(full_event());
        json["created_at"] = raw;
        CHECK(refusal_of(json) != "");
        json = Json(full_event());
        json["status"] = raw;
        CHECK(refusal_of(json) != "");
        json = Json(full_event());
        json["metadata"] = deep;
        CHECK(refusal_of(json) != "");
    }
}

}  // namespace roomstore::contract
