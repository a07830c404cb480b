#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <ostream>
#include <string_view>
#include <type_traits>

namespace roomstore {

enum class RoomStatus { active, paused, closed, archived };
enum class EventStatus { pending, delivered, read, failed, blocked };
enum class ChannelCategory { transport, intelligence };
enum class ChannelDirection { inbound, outbound, bidirectional };
enum class ChannelMediaType { text, rich, media, audio, video, location, template_ };
enum class Access { read_write, read_only, write_only, none };
enum class DeliveryMode { broadcast, direct, round_robin };
enum class DeleteType { sender, system, admin };
enum class ParticipantRole { owner, agent, member, observer, bot };
enum class ParticipantStatus { active, inactive, left, banned };
enum class IdentificationStatus {
    identified,
    pending,
    ambiguous,
    unknown,
    challenge_sent,
    rejected
};
enum class TaskStatus { pending, in_progress, completed, failed, cancelled };
/// Whom an agent's own output solicits in a room.
enum class AgentResponsePolicy { agent_chain, addressed_only };
/// Markup of a `RichContent` body.
enum class RichFormat { html, markdown };
/// Progress of a `ToolCallContent`.
enum class ToolCallStatus { pending, completed, failed };

/// The spellings of a closed enumeration, in the order of its enumerators.
template <typename Enum>
inline constexpr std::array<std::string_view, 0> enum_names{};

template <>
inline constexpr std::array<std::string_view, 4> enum_names<RoomStatus>{"active",
                                                                        "paused",
                                                                        "closed",
                                                                        "archived"};
template <>
inline constexpr std::array<std::string_view, 5> enum_names<EventStatus>{"pending",
                                                                         "delivered",
                                                                         "read",
                                                                         "failed",
                                                                         "blocked"};
template <>
inline constexpr std::array<std::string_view, 2> enum_names<ChannelCategory>{"transport",
                                                                             "intelligence"};
template <>
inline constexpr std::array<std::string_view, 3> enum_names<ChannelDirection>{"inbound",
                                                                              "outbound",
                                                                              "bidirectional"};
template <>
inline constexpr std::array<std::string_view, 7>
    enum_names<ChannelMediaType>{"text", "rich", "media", "audio", "video", "location", "template"};
template <>
inline constexpr std::array<std::string_view, 4> enum_names<Access>{"read_write",
                                                                    "read_only",
                                                                    "write_only",
                                                                    "none"};
template <>
inline constexpr std::array<std::string_view, 3> enum_names<DeliveryMode>{"broadcast",
                                                                          "direct",
                                                                          "round_robin"};
template <>
inline constexpr std::array<std::string_view, 3> enum_names<DeleteType>{"sender",
                                                                        "system",
                                                                        "admin"};
template <>
inline constexpr std::array<std::string_view, 5> enum_names<ParticipantRole>{"owner",
                                                                             "agent",
                                                                             "member",
                                                                             "observer",
                                                                             "bot"};
template <>
inline constexpr std::array<std::string_view, 4> enum_names<ParticipantStatus>{"active",
                                                                               "inactive",
                                                                               "left",
                                                                               "banned"};
template <>
inline constexpr std::array<std::string_view, 6> enum_names<IdentificationStatus>{"identified",
                                                                                  "pending",
                                                                                  "ambiguous",
                                                                                  "unknown",
                                                                                  "challenge_sent",
                                                                                  "rejected"};
template <>
inline constexpr std::array<std::string_view, 5> enum_names<TaskStatus>{"pending",
                                                                        "in_progress",
                                                                        "completed",
                                                                        "failed",
                                                                        "cancelled"};
template <>
inline constexpr std::array<std::string_view, 2> enum_names<AgentResponsePolicy>{"agent_chain",
                                                                                 "addressed_only"};
template <>
inline constexpr std::array<std::string_view, 2> enum_names<RichFormat>{"html", "markdown"};
template <>
inline constexpr std::array<std::string_view, 3> enum_names<ToolCallStatus>{"pending",
                                                                            "completed",
                                                                            "failed"};

/// A closed enumeration of this library: one with spellings.
template <typename Enum>
concept NamedEnum = std::is_enum_v<Enum> && (enum_names<Enum>.size() > 0);

/// The spelling of `value`, as stored and as written in JSON. A value outside the enumeration has
/// the empty spelling, which no store accepts.
template <NamedEnum Enum>
constexpr std::string_view to_string(Enum value) noexcept {
    const auto position = static_cast<std::size_t>(value);
    return position < enum_names<Enum>.size() ? enum_names<Enum>[position] : std::string_view{};
}

/// The enumerator spelled `name`, or `nullopt`.
template <NamedEnum Enum>
constexpr std::optional<Enum> parse_enum(std::string_view name) noexcept {
    for (std::size_t i = 0; i < enum_names<Enum>.size(); ++i) {
        if (enum_names<Enum>[i] == name) return static_cast<Enum>(i);
    }
    return std::nullopt;
}

template <NamedEnum Enum>
std::ostream& operator<<(std::ostream& out, Enum value) {
    return out << to_string(value);
}

/// Well-known values of the `visibility` fields. They are plain strings, since they also hold
/// channel ids (one, or several separated by commas).
namespace visibility {
inline constexpr const char* all = "all";
inline constexpr const char* none = "none";
inline constexpr const char* transport = "transport";
inline constexpr const char* intelligence = "intelligence";
inline constexpr const char* internal = "internal";
}  // namespace visibility

}  // namespace roomstore
