#include "roomstore/model/enums.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "roomstore/model/open_enum.hpp"

using namespace roomstore;

namespace {

/// The names of all enumerators, in order of value.
template <NamedEnum Enum>
std::string spellings() {
    std::string all;
    for (int value = 0;; ++value) {
        const std::string_view name = to_string(static_cast<Enum>(value));
        if (name.empty()) return all;
        CHECK(parse_enum<Enum>(name) == static_cast<Enum>(value));
        all += (all.empty() ? "" : " ") + std::string(name);
    }
}

}  // namespace

TEST_CASE("closed enumerations have the names used in stored data") {
    CHECK(spellings<RoomStatus>() == "active paused closed archived");
    CHECK(spellings<EventStatus>() == "pending delivered read failed blocked");
    CHECK(spellings<ChannelCategory>() == "transport intelligence");
    CHECK(spellings<ChannelDirection>() == "inbound outbound bidirectional");
    CHECK(spellings<ChannelMediaType>() == "text rich media audio video location template");
    CHECK(spellings<Access>() == "read_write read_only write_only none");
    CHECK(spellings<DeliveryMode>() == "broadcast direct round_robin");
    CHECK(spellings<DeleteType>() == "sender system admin");
    CHECK(spellings<ParticipantRole>() == "owner agent member observer bot");
    CHECK(spellings<ParticipantStatus>() == "active inactive left banned");
    CHECK(spellings<IdentificationStatus>() ==
          "identified pending ambiguous unknown challenge_sent rejected");
    CHECK(spellings<TaskStatus>() == "pending in_progress completed failed cancelled");
    CHECK(spellings<AgentResponsePolicy>() == "agent_chain addressed_only");
    CHECK(spellings<RichFormat>() == "html markdown");
    CHECK(spellings<ToolCallStatus>() == "pending completed failed");
}

TEST_CASE("the name of an enumerator is its identifier") {
    CHECK(to_string(RoomStatus::archived) == "archived");
    CHECK(to_string(EventStatus::blocked) == "blocked");
    CHECK(to_string(ChannelCategory::intelligence) == "intelligence");
    CHECK(to_string(ChannelDirection::bidirectional) == "bidirectional");
    CHECK(to_string(ChannelMediaType::template_) == "template");
    CHECK(to_string(Access::none) == "none");
    CHECK(to_string(DeliveryMode::round_robin) == "round_robin");
    CHECK(to_string(DeleteType::admin) == "admin");
    CHECK(to_string(ParticipantRole::bot) == "bot");
    CHECK(to_string(ParticipantStatus::banned) == "banned");
    CHECK(to_string(IdentificationStatus::rejected) == "rejected");
    CHECK(to_string(TaskStatus::cancelled) == "cancelled");
    CHECK(to_string(AgentResponsePolicy::addressed_only) == "addressed_only");
    CHECK(to_string(RichFormat::markdown) == "markdown");
    CHECK(to_string(ToolCallStatus::failed) == "failed");
}

TEST_CASE("invalid values have no name, and invalid names no value") {
    CHECK(to_string(static_cast<RoomStatus>(4)).empty());
    CHECK(to_string(static_cast<RoomStatus>(-1)).empty());
    CHECK_FALSE(parse_enum<RoomStatus>("Active"));
    CHECK_FALSE(parse_enum<RoomStatus>(""));
    CHECK_FALSE(parse_enum<RoomStatus>("active "));
    std::ostringstream out;
    out << RoomStatus::paused << ' ' << EventType("message");
    CHECK(out.str() == "paused message");
}

TEST_CASE("an open enumeration can have known and custom names") {
    const EventType known = EventType::participant_joined;
    const EventType other = "irc.mode";
    CHECK(known == EventType::participant_joined);
    CHECK(known == "participant_joined");
    CHECK(other == EventType("irc.mode"));
    CHECK(other != known);
    CHECK(other < known);
    CHECK(other.name() == "irc.mode");
    CHECK(EventType().name().empty());
    CHECK(std::hash<EventType>{}(known) == std::hash<EventType>{}(EventType("participant_joined")));
}

template <typename A, typename B>
concept Comparable = requires(const A& a, const B& b) { a == b; };

TEST_CASE("a known name converts only to its own enumeration") {
    using Message = std::remove_const_t<decltype(EventType::message)>;
    static_assert(std::is_convertible_v<Message, EventType>);
    static_assert(std::is_assignable_v<EventType&, Message>);
    static_assert(!std::is_constructible_v<ChannelType, Message>);
    static_assert(!std::is_convertible_v<Message, ChannelType>);
    static_assert(!std::is_assignable_v<ChannelType&, Message>);
    static_assert(Comparable<EventType, Message> && Comparable<Message, std::string>);
    static_assert(!Comparable<ChannelType, Message>);
    static_assert(!Comparable<decltype(ChannelType::sms), Message>);
    static_assert(EventType::message == EventType::message);
    static_assert(EventType::message != EventType::system && EventType::edit == "edit");

    constexpr auto known = EventType::typing;
    const EventType typing = known;
    const std::string text(known);
    CHECK(typing == known);
    CHECK(known == typing);
    CHECK(text == known);
    CHECK(known == std::string_view("typing"));
    CHECK(typing != EventType::message);
    CHECK(EventType::message < typing);
    const std::optional<ChannelType> asked = ChannelType::sms;
    CHECK(asked == ChannelType::sms);
    std::ostringstream out;
    out << known;
    CHECK(out.str() == "typing");
}

TEST_CASE("legal names have 1 to 64 bytes of lower-case letters, digits, and _ . -") {
    for (int c = 0; c < 256; ++c) {
        const char byte = static_cast<char>(c);
        const bool legal = std::string_view("abcdefghijklmnopqrstuvwxyz0123456789_.-").find(byte) !=
                           std::string_view::npos;
        CAPTURE(c);
        CHECK(ChannelType::is_legal({&byte, 1}) == legal);
        CHECK(ChannelType::is_legal(std::string("ab") + byte) == legal);
    }
    CHECK_FALSE(ChannelType::is_legal(""));
    CHECK(ChannelType::is_legal(std::string(64, 'a')));
    CHECK_FALSE(ChannelType::is_legal(std::string(65, 'a')));
}

TEST_CASE("the known names of open enumerations are those used in stored data") {
    const std::vector<std::string_view> event_types{EventType::message,
                                                    EventType::system,
                                                    EventType::typing,
                                                    EventType::read_receipt,
                                                    EventType::delivery_receipt,
                                                    EventType::presence,
                                                    EventType::reaction,
                                                    EventType::edit,
                                                    EventType::delete_,
                                                    EventType::participant_joined,
                                                    EventType::participant_left,
                                                    EventType::participant_identified,
                                                    EventType::participant_updated,
                                                    EventType::channel_attached,
                                                    EventType::channel_detached,
                                                    EventType::channel_muted,
                                                    EventType::channel_unmuted,
                                                    EventType::channel_updated,
                                                    EventType::task_created,
                                                    EventType::task_delegated,
                                                    EventType::task_completed,
                                                    EventType::observation,
                                                    EventType::tool_call_start,
                                                    EventType::tool_call_end,
                                                    EventType::dtmf,
                                                    EventType::recording_started,
                                                    EventType::recording_stopped};
    std::string all;
    for (const auto name : event_types) all += std::string(name) + ' ';
    CHECK(all ==
          "message system typing read_receipt delivery_receipt presence reaction edit delete "
          "participant_joined participant_left participant_identified participant_updated "
          "channel_attached channel_detached channel_muted channel_unmuted channel_updated "
          "task_created task_delegated task_completed observation tool_call_start tool_call_end "
          "dtmf recording_started recording_stopped ");
    const std::vector<std::string_view> channel_types{ChannelType::sms,
                                                      ChannelType::mms,
                                                      ChannelType::rcs,
                                                      ChannelType::email,
                                                      ChannelType::whatsapp,
                                                      ChannelType::whatsapp_personal,
                                                      ChannelType::websocket,
                                                      ChannelType::ai,
                                                      ChannelType::voice,
                                                      ChannelType::realtime_voice,
                                                      ChannelType::realtime_audio_video,
                                                      ChannelType::push,
                                                      ChannelType::messenger,
                                                      ChannelType::telegram,
                                                      ChannelType::teams,
                                                      ChannelType::discord,
                                                      ChannelType::buzz,
                                                      ChannelType::webhook,
                                                      ChannelType::video,
                                                      ChannelType::audio_video,
                                                      ChannelType::conference,
                                                      ChannelType::cli,
                                                      ChannelType::system};
    all.clear();
    for (const auto name : channel_types) all += std::string(name) + ' ';
    CHECK(all ==
          "sms mms rcs email whatsapp whatsapp_personal websocket ai voice realtime_voice "
          "realtime_audio_video push messenger telegram teams discord buzz webhook video "
          "audio_video conference cli system ");
}
