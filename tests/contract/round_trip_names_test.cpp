#include "contract/fixture.hpp"
#include "support/populated.hpp"

/// Round trips of every enumeration value listed in the contract, and of custom names.
namespace roomstore::contract {

namespace {

const Ids event_types{"message",
                      "system",
                      "typing",
                      "read_receipt",
                      "delivery_receipt",
                      "presence",
                      "reaction",
                      "edit",
                      "delete",
                      "participant_joined",
                      "participant_left",
                      "participant_identified",
                      "participant_updated",
                      "channel_attached",
                      "channel_detached",
                      "channel_muted",
                      "channel_unmuted",
                      "channel_updated",
                      "task_created",
                      "task_delegated",
                      "task_completed",
                      "observation",
                      "tool_call_start",
                      "tool_call_end",
                      "dtmf",
                      "recording_started",
                      "recording_stopped"};

const Ids channel_types{"sms",
                        "mms",
                        "rcs",
                        "email",
                        "whatsapp",
                        "whatsapp_personal",
                        "websocket",
                        "ai",
                        "voice",
                        "realtime_voice",
                        "realtime_audio_video",
                        "push",
                        "messenger",
                        "telegram",
                        "teams",
                        "discord",
                        "buzz",
                        "webhook",
                        "video",
                        "audio_video",
                        "conference",
                        "cli",
                        "system"};

const Ids own_names{"a", "0", "_", "-", ".", "irc.topic", "x-custom_9", std::string(64, 'z')};

Ids together(Ids names, const Ids& more) {
    names.insert(names.end(), more.begin(), more.end());
    return names;
}

/// The enumerators in declaration order, which is the order of the contract.
template <typename Enum>
std::vector<Enum> all_of(int count) {
    std::vector<Enum> values;
    for (int i = 0; i < count; ++i) values.push_back(static_cast<Enum>(i));
    return values;
}

}  // namespace

TEST_CASE("every event type is returned as given, known or custom", "[round_trip][events]") {
    const auto store = store_with_room();
    for (const auto& name : together(event_types, own_names)) {
        CAPTURE(name);
        const auto event = make_event({.id = "event of type " + name, .type = name});
        run(store->add_event_auto_index("room", event));
        EventFilter filter;
        filter.event_types = std::vector<EventType>{name};
        const auto found = run(store->list_events("room", {.filter = filter}));
        CHECK(ids_of(found) == Ids{event.id});
        CHECK(found.front().type == name);
    }
}

TEST_CASE("every channel type is returned as given, known or custom", "[round_trip]") {
    const auto store = store_with_room();
    run(store->create_identity({.id = "identity"}));
    for (const auto& name : together(channel_types, own_names)) {
        CAPTURE(name);
        auto event = make_event({.id = "event of channel type " + name});
        event.source.channel_type = name;
        run(store->add_event_auto_index("room", event));
        CHECK(run(store->get_event("room", event.id))->source.channel_type == name);
        const ChannelBinding binding{
            .channel_id = name, .room_id = "room", .channel_type = name, .attached_at = at(0)};
        run(store->add_binding(binding));
        CHECK(run(store->get_binding("room", name)) == binding);
        run(store->link_address("identity", name, "address of " + name));
        CHECK(run(store->resolve_identity(name, "address of " + name)));
    }
}

TEST_CASE("every value of every closed enumeration is returned as given", "[round_trip]") {
    const auto store = store_with_room();
    for (const auto status : all_of<RoomStatus>(4)) {
        for (const auto policy : all_of<AgentResponsePolicy>(2)) {
            auto room = sample_room({.status = status});
            room.agent_response_policy = policy;
            run(store->update_room(room));
            CHECK(run(store->get_room("room")) == room);
            CHECK(run(store->find_rooms({.status = status})).size() == 1);
        }
    }
    run(store->add_event_auto_index("room", make_event()));
    for (const auto status : all_of<EventStatus>(5)) {
        for (const auto direction : all_of<ChannelDirection>(3)) {
            auto event = make_event();
            event.status = status;
            event.source.direction = direction;
            run(store->update_event(event));
            CHECK(run(store->get_event("event")) == event);
        }
    }
    for (const auto role : all_of<ParticipantRole>(5)) {
        for (const auto status : all_of<ParticipantStatus>(4)) {
            for (const auto identification : all_of<IdentificationStatus>(6)) {
                const Participant participant{.id = "participant",
                                              .room_id = "room",
                                              .channel_id = "c",
                                              .role = role,
                                              .status = status,
                                              .identification = identification,
                                              .connected_via = {"c"},
                                              .joined_at = at(0)};
                run(store->add_participant(participant));
                CHECK(run(store->get_participant("room", "participant")) == participant);
            }
        }
    }
    run(store->add_task({.id = "task", .room_id = "room", .created_at = at(0)}));
    for (const auto status : all_of<TaskStatus>(5)) {
        const Task task{.id = "task", .room_id = "room", .status = status, .created_at = at(0)};
        run(store->update_task(task));
        CHECK(run(store->get_task("task")) == task);
        CHECK(run(store->list_tasks("room", status)).size() == 1);
    }
}

TEST_CASE("every enumeration value of a binding is returned as given", "[round_trip][bindings]") {
    const auto store = store_with_room();
    ChannelBinding binding{
        .channel_id = "c", .room_id = "room", .channel_type = "cli", .attached_at = at(0)};
    for (const auto category : all_of<ChannelCategory>(2)) {
        for (const auto direction : all_of<ChannelDirection>(3)) {
            for (const auto access : all_of<Access>(4)) {
                for (const auto mode : all_of<DeliveryMode>(3)) {
                    binding.category = category;
                    binding.direction = direction;
                    binding.access = access;
                    binding.capabilities.delivery_mode = mode;
                    run(store->add_binding(binding));
                    CHECK(run(store->get_binding("room", "c")) == binding);
                }
            }
        }
    }
    for (const auto type : all_of<ChannelMediaType>(7)) {
        binding.capabilities.media_types = {type, type};
        run(store->add_binding(binding));
        CHECK(run(store->get_binding("room", "c")) == binding);
    }
}

TEST_CASE("every enumeration value of event contents is returned as given",
          "[round_trip][events]") {
    const auto store = store_with_room();
    std::vector<EventContent> contents;
    for (const auto format : all_of<RichFormat>(2))
        contents.push_back(RichContent{.format = format});
    for (const auto type : all_of<DeleteType>(3)) {
        contents.push_back(DeleteContent{.target_event_id = "e", .delete_type = type});
    }
    for (const auto status : all_of<ToolCallStatus>(3)) {
        contents.push_back(ToolCallContent{.status = status});
    }
    for (const auto& content : contents) {
        auto event = make_event({.id = generate_id()});
        event.content = content;
        run(store->add_event_auto_index("room", event));
        CHECK(run(store->get_event("room", event.id))->content == content);
    }
}

TEST_CASE("every well-known visibility and any other text is returned as given", "[round_trip]") {
    const auto store = store_with_room();
    const Ids values{"all", "none", "transport", "intelligence", "internal", "a,b,c", "", "Alles"};
    for (const auto& value : values) {
        CAPTURE(value);
        auto event = make_event({.id = "visible to " + value});
        event.visibility = value;
        event.response_visibility = value;
        run(store->add_event_auto_index("room", event));
        CHECK(run(store->get_event(event.id))->visibility == value);
        CHECK(run(store->get_event(event.id))->response_visibility == value);
        EventFilter filter;
        filter.visibility = value;
        CHECK(ids_of(run(store->list_events("room", {.filter = filter}))) == Ids{event.id});
        ChannelBinding binding{.channel_id = "c", .room_id = "room", .channel_type = "cli"};
        binding.visibility = value;
        run(store->add_binding(binding));
        CHECK(run(store->get_binding("room", "c"))->visibility == value);
    }
}

TEST_CASE("can_write requires write access and that the binding is not muted", "[bindings]") {
    const auto store = store_with_room();
    for (const auto access : all_of<Access>(4)) {
        for (const bool muted : {false, true}) {
            const ChannelBinding binding{.channel_id = "c",
                                         .room_id = "room",
                                         .channel_type = "cli",
                                         .access = access,
                                         .muted = muted,
                                         .output_muted = true};
            const bool writes = access == Access::read_write || access == Access::write_only;
            CHECK(run(store->add_binding(binding)).can_write() == (writes && !muted));
        }
    }
}

}  // namespace roomstore::contract
