#include "roomstore/memory/detail/packed_event.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "support/populated.hpp"
#include "support/printers.hpp"

using namespace roomstore;
using roomstore::detail::memory::PackedEvent;
using roomstore::detail::memory::RoomHandle;

namespace {

RoomEvent packed_and_unpacked(const RoomEvent& event) {
    RoomHandle room(event.room_id, Timestamp{});
    return PackedEvent(event, room).unpack(room.id);
}

}  // namespace

TEST_CASE("an event with every field set is unpacked as packed") {
    RoomEvent event = test::full_event();
    CHECK(packed_and_unpacked(event) == event);
    for (const auto& content : test::full_contents()) {
        event.content = content;
        CHECK(packed_and_unpacked(event) == event);
    }
}

TEST_CASE("an event with only default values is unpacked as packed") {
    RoomEvent event;
    CHECK(packed_and_unpacked(event) == event);
    for (const auto& content : test::minimal_contents()) {
        event.content = content;
        CHECK(packed_and_unpacked(event) == event);
    }
}

TEST_CASE("each optional field alone is preserved, and empty is not absent") {
    const std::string texts[] = {"", "x", std::string(300, 'y')};
    std::optional<std::string> RoomEvent::* const fields[] = {&RoomEvent::blocked_by,
                                                              &RoomEvent::response_visibility,
                                                              &RoomEvent::parent_event_id,
                                                              &RoomEvent::correlation_id,
                                                              &RoomEvent::idempotency_key};
    std::optional<std::string> EventSource::* const source_fields[] = {
        &EventSource::participant_id,
        &EventSource::external_id,
        &EventSource::provider,
        &EventSource::provider_message_id};
    std::optional<std::string> ChannelData::* const data_fields[] = {
        &ChannelData::provider, &ChannelData::external_id, &ChannelData::thread_id};
    for (const auto& text : texts) {
        for (const auto field : fields) {
            RoomEvent event;
            event.*field = text;
            CHECK(packed_and_unpacked(event) == event);
        }
        for (const auto field : source_fields) {
            RoomEvent event;
            event.source.*field = text;
            CHECK(packed_and_unpacked(event) == event);
        }
        for (const auto field : data_fields) {
            RoomEvent event;
            event.channel_data.*field = text;
            CHECK(packed_and_unpacked(event) == event);
        }
        RoomEvent event;
        event.content = TextContent{.body = "b", .language = text};
        CHECK(packed_and_unpacked(event) == event);
    }
}

TEST_CASE("each JSON field alone is preserved, whatever its value") {
    for (const Json& value :
         {Json::object(), Json(nullptr), Json::array(), Json{{"k", {1, 2, nullptr}}}}) {
        RoomEvent event;
        event.metadata = value;
        CHECK(packed_and_unpacked(event) == event);
        event = {};
        event.delivery_results = value;
        CHECK(packed_and_unpacked(event) == event);
        event = {};
        event.source.raw_payload = value;
        CHECK(packed_and_unpacked(event) == event);
        event = {};
        event.channel_data.extra = value;
        CHECK(packed_and_unpacked(event) == event);
    }
}

TEST_CASE("an absent number of tokens and 0 differ") {
    RoomEvent event;
    CHECK_FALSE(packed_and_unpacked(event).token_count);
    for (const std::int64_t count :
         {std::int64_t{0}, std::int64_t{7}, std::numeric_limits<std::int64_t>::max()}) {
        event.token_count = count;
        CHECK(packed_and_unpacked(event) == event);
    }
}

TEST_CASE("absent and empty lists of addressees differ") {
    RoomEvent event;
    CHECK_FALSE(packed_and_unpacked(event).addressed_to.has_value());
    event.addressed_to = std::vector<std::string>{};
    CHECK(packed_and_unpacked(event).addressed_to == event.addressed_to);
    event.addressed_to = {"a", "", "b"};
    CHECK(packed_and_unpacked(event).addressed_to == event.addressed_to);
}

TEST_CASE("fields of a packed event can be read without unpacking") {
    const RoomEvent event = test::full_event();
    RoomHandle room(event.room_id, Timestamp{});
    PackedEvent packed(event, room);
    CHECK(&packed.room() == &room);
    CHECK(packed.index() == event.index);
    CHECK(packed.created_at() == event.created_at);
    CHECK(packed.token_count() == event.token_count);
    CHECK(packed.id() == event.id);
    CHECK(packed.type() == event.type.name());
    CHECK(packed.visibility() == event.visibility);
    CHECK(packed.channel_id() == event.source.channel_id);
    CHECK(packed.channel_type() == event.source.channel_type.name());
    CHECK(packed.participant_id() == event.source.participant_id);
    CHECK(packed.correlation_id() == event.correlation_id);
    CHECK(packed.parent_event_id() == event.parent_event_id);
    CHECK(packed.idempotency_key() == event.idempotency_key);
    packed.set_index(77);
    CHECK(packed.unpack("elsewhere").index == 77);
    CHECK(packed.unpack("elsewhere").room_id == "elsewhere");
}
