#include <cstddef>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include <catch2/catch_test_macros.hpp>

#include "roomstore/model/binding.hpp"
#include "roomstore/model/box.hpp"
#include "roomstore/model/content.hpp"
#include "roomstore/model/event.hpp"
#include "roomstore/model/id.hpp"
#include "roomstore/model/identity.hpp"
#include "roomstore/model/observation.hpp"
#include "roomstore/model/participant.hpp"
#include "roomstore/model/room.hpp"
#include "roomstore/model/task.hpp"
#include "roomstore/query.hpp"

using namespace roomstore;

TEST_CASE("short forms make the models that the long forms make") {
    const auto room = roomstore::make_room("lobby");
    Room long_room{.id = "lobby"};
    long_room.created_at = room.created_at;
    long_room.updated_at = room.updated_at;
    CHECK(room == long_room);

    const auto event = text_event("lobby", source("web:ann", "websocket", "ann"), "hello");
    RoomEvent long_event{.id = event.id, .room_id = "lobby", .created_at = event.created_at};
    long_event.source = {
        .channel_id = "web:ann", .channel_type = ChannelType::websocket, .participant_id = "ann"};
    long_event.content = TextContent{.body = "hello"};
    CHECK(event == long_event);
    CHECK(event.id.size() == 32);
    CHECK_FALSE(source("web", ChannelType::websocket).participant_id);
}

TEST_CASE("models and queries can be made with designated initializers and have defaults") {
    const Room room{.id = "r", .metadata = {{"k", 1}}};
    CHECK(room.status == RoomStatus::active);
    CHECK(room.agent_response_policy == AgentResponsePolicy::agent_chain);
    CHECK(room.event_count == 0);
    CHECK(room.latest_index == 0);
    CHECK(room.delivered_index == -1);
    CHECK_FALSE(room.timers.last_activity_at);

    const RoomEvent event{.room_id = "r",
                          .source = {.channel_id = "c", .channel_type = ChannelType::sms},
                          .content = TextContent{.body = "hello"}};
    CHECK(event.type == EventType::message);
    CHECK(event.status == EventStatus::pending);
    CHECK(event.visibility == "all");
    CHECK(event.source.direction == ChannelDirection::inbound);
    CHECK_FALSE(event.addressed_to);
    CHECK(event.metadata == Json::object());
    CHECK(event.delivery_results == Json::object());
    CHECK_FALSE(event.token_count);

    const ChannelBinding binding{.channel_id = "c", .room_id = "r", .channel_type = "sms"};
    CHECK(binding.category == ChannelCategory::transport);
    CHECK(binding.direction == ChannelDirection::bidirectional);
    CHECK(binding.capabilities.media_types == std::vector{ChannelMediaType::text});
    CHECK(binding.capabilities.delivery_mode == DeliveryMode::broadcast);
    CHECK_FALSE(binding.rate_limit);
    const RetryPolicy policy{};
    CHECK(policy.max_retries == 3);
    CHECK(policy.base_delay_seconds == 1.0);
    CHECK(policy.max_delay_seconds == 60.0);
    CHECK(policy.exponential_base == 2.0);
    CHECK_FALSE(RateLimit{.max_per_second = 5}.max_per_hour);

    const Participant participant{.id = "p", .room_id = "r", .channel_id = "c"};
    CHECK(participant.role == ParticipantRole::member);
    CHECK(participant.status == ParticipantStatus::active);
    CHECK(participant.identification == IdentificationStatus::pending);
    CHECK_FALSE(participant.candidates);

    CHECK(Identity{.id = "i", .email = "a@b"}.channel_addresses.empty());
    CHECK(Task{.id = "t", .room_id = "r", .title = "x"}.status == TaskStatus::pending);
    CHECK(Observation{.id = "o", .room_id = "r", .channel_id = "c", .content = "x"}.confidence ==
          1.0);
    CHECK(ThreadSummary{.root_event_id = "e", .reply_count = 2}.reply_count == 2);

    const EventQuery query{.limit = 3, .filter = {.top_level_only = true}};
    CHECK(query.offset == 0);
    CHECK_FALSE(query.newest_first);
    CHECK(EventQuery{}.limit == 50);
    CHECK(Page{}.limit == 50);
    CHECK(ChannelLookup{.status = RoomStatus::active}.limit == 2);
    CHECK(ConversationQuery{}.limit == 50);
    CHECK(TimelineQuery{.newest_first = true}.limit == 100);
    CHECK_FALSE(AppendOptions{}.expected_next_index);
}

TEST_CASE("can_write() requires write access and not being muted") {
    const auto can_write = [](Access access, bool muted) {
        return ChannelBinding{.access = access, .muted = muted}.can_write();
    };
    CHECK(can_write(Access::read_write, false));
    CHECK(can_write(Access::write_only, false));
    CHECK_FALSE(can_write(Access::read_only, false));
    CHECK_FALSE(can_write(Access::none, false));
    CHECK_FALSE(can_write(Access::read_write, true));
    CHECK_FALSE(can_write(Access::write_only, true));
    CHECK(ChannelBinding{.output_muted = true}.can_write());
}

TEST_CASE("generated ids are 32 hexadecimal digits and unique") {
    std::set<std::string> ids;
    for (int i = 0; i < 10'000; ++i) {
        const std::string id = generate_id();
        REQUIRE(id.size() == 32);
        REQUIRE(id.find_first_not_of("0123456789abcdef") == std::string::npos);
        REQUIRE(ids.insert(id).second);
    }
    CHECK(RoomEvent{}.id != RoomEvent{}.id);
}

TEST_CASE("type() and get_if() of a content match its type") {
    EventContent content;
    CHECK(content.type() == "text");
    CHECK(content.get_if<TextContent>() != nullptr);
    content = LocationContent{.latitude = 1};
    CHECK(content.type() == "location");
    CHECK(content.get_if<TextContent>() == nullptr);
    content.get_if<LocationContent>()->latitude = 2;
    CHECK(std::as_const(content).get_if<LocationContent>()->latitude == 2);
    CHECK(EventContent(UnknownContent{.raw = {{"type", "poll"}}}).type() == "poll");
    CHECK(EventContent(UnknownContent{}).type().empty());
    CHECK(EventContent(UnknownContent{.raw = 1}).type().empty());
    CHECK(EventContent(UnknownContent{.raw = {{"type", 1}}}).type().empty());
}

TEST_CASE("contents compare by value at every depth") {
    const EventContent inner = TextContent{.body = "x"};
    const EventContent edit = EditContent{.target_event_id = "e", .new_content = inner};
    const EventContent composite = CompositeContent{.parts = {inner, edit}};
    EventContent copy = composite;
    CHECK(copy == composite);
    copy.get_if<CompositeContent>()->parts[1].get_if<EditContent>()->new_content =
        TextContent{.body = "y"};
    CHECK(copy != composite);
    CHECK(edit != inner);
}

TEST_CASE("a Box copies and moves its value") {
    Box<std::string> box = std::string("a");
    Box<std::string> copy = box;
    *copy = "b";
    CHECK(*box == "a");
    CHECK(copy->size() == 1);
    const Box<std::string> moved = std::move(copy);
    CHECK(*moved == "b");
    // A moved-from Box can be assigned.
    copy = box;
    CHECK(*copy == "a");
    Box<std::string>& same = copy;
    copy = same;
    CHECK(*copy == "a");
}

TEST_CASE("is_known_content_tag is true for exactly the known content types") {
    for (const char* tag : {"text",
                            "rich",
                            "media",
                            "location",
                            "audio",
                            "video",
                            "composite",
                            "system",
                            "template",
                            "edit",
                            "delete",
                            "tool_call"}) {
        CAPTURE(tag);
        CHECK(roomstore::detail::is_known_content_tag(tag));
    }
    CHECK_FALSE(roomstore::detail::is_known_content_tag(""));
    CHECK_FALSE(roomstore::detail::is_known_content_tag("poll"));
    CHECK_FALSE(roomstore::detail::is_known_content_tag("Text"));
}

TEST_CASE("holds() and get() of a content match its type") {
    EventContent content = TextContent{.body = "hello"};
    CHECK(content.holds<TextContent>());
    CHECK_FALSE(content.holds<MediaContent>());
    CHECK(content.get<TextContent>().body == "hello");
    content.get<TextContent>().body = "bye";
    CHECK(std::as_const(content).get<TextContent>().body == "bye");
    CHECK_THROWS_AS(content.get<MediaContent>(), std::bad_variant_access);
    CHECK_THROWS_AS(std::as_const(content).get<EditContent>(), std::bad_variant_access);
}

TEST_CASE("visit() of a content passes its concrete type") {
    EventContent content = LocationContent{.latitude = 52.5, .longitude = 13.4};
    const auto describe = [](const auto& known) -> double {
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(known)>, LocationContent>) {
            return known.latitude;
        } else {
            return 0;
        }
    };
    CHECK(std::as_const(content).visit(describe) == 52.5);
    content.visit([](auto& known) {
        if constexpr (requires { known.latitude; }) known.latitude = -1;
    });
    CHECK(content.get<LocationContent>().latitude == -1);
}
