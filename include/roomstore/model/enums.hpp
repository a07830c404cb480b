#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <ostream>
#include <string_view>
#include <type_traits>

namespace roomstore {

/// Status of a room. The store only keeps it; its meaning is up to the application.
/// @ingroup rooms
enum class RoomStatus {
    active,    ///< In use: the default.
    paused,    ///< Temporarily inactive.
    closed,    ///< Ended.
    archived,  ///< Ended and archived.
};
/// Delivery status of an event.
/// @ingroup events
enum class EventStatus {
    pending,    ///< Not yet delivered: the default.
    delivered,  ///< Delivered.
    read,       ///< Read.
    failed,     ///< Delivery failed.
    blocked,    ///< Delivery was blocked: see `RoomEvent::blocked_by`.
};
/// Whether a channel transports messages or is an agent.
/// @ingroup bindings
enum class ChannelCategory {
    transport,     ///< Transports messages: the default.
    intelligence,  ///< An agent, which reads events and responds.
};
/// Direction of events through a channel, as seen from the room.
/// @ingroup bindings
enum class ChannelDirection {
    inbound,        ///< Into the room.
    outbound,       ///< Out of the room.
    bidirectional,  ///< Both.
};
/// Kind of media that a channel can carry.
/// @ingroup bindings
enum class ChannelMediaType {
    text,       ///< Plain text.
    rich,       ///< Formatted text.
    media,      ///< Attachments.
    audio,      ///< Recordings.
    video,      ///< Videos.
    location,   ///< Places.
    template_,  ///< Messages based on templates; spelled `template`.
};
/// What a channel may do in a room.
/// @ingroup bindings
enum class Access {
    read_write,  ///< Read and write: the default.
    read_only,   ///< Only receive events.
    write_only,  ///< Only write events.
    none,        ///< Nothing.
};
/// Which of several recipients of a channel receive an event.
/// @ingroup bindings
enum class DeliveryMode {
    broadcast,    ///< All: the default.
    direct,       ///< The addressed one.
    round_robin,  ///< One per event, in turn.
};
/// On whose behalf an event is retracted.
/// @ingroup events
enum class DeleteType {
    sender,  ///< The sender: the default.
    system,  ///< The system.
    admin,   ///< An administrator of the room.
};
/// Role of a participant in a room.
/// @ingroup participants
enum class ParticipantRole {
    owner,     ///< Owns the room.
    agent,     ///< A person or program that serves the others.
    member,    ///< An ordinary member: the default.
    observer,  ///< Only reads.
    bot,       ///< A program.
};
/// Status of a participant's membership.
/// @ingroup participants
enum class ParticipantStatus {
    active,    ///< Participates: the default.
    inactive,  ///< Currently inactive.
    left,      ///< Left voluntarily.
    banned,    ///< Banned from the room.
};
/// Progress of the identification of a participant.
/// @ingroup participants
enum class IdentificationStatus {
    identified,      ///< Identified: see `Participant::identity_id`.
    pending,         ///< Not yet attempted: the default.
    ambiguous,       ///< Several candidates: see `Participant::candidates`.
    unknown,         ///< Attempted, no identity found.
    challenge_sent,  ///< Asked for proof of identity.
    rejected,        ///< Asked for proof, and failed.
};
/// Progress of a task.
/// @ingroup tasks
enum class TaskStatus {
    pending,      ///< Not started: the default.
    in_progress,  ///< Started.
    completed,    ///< Done.
    failed,       ///< Attempted without success.
    cancelled,    ///< No longer to be done.
};
/// Who may respond to the output of an agent in a room.
/// @ingroup rooms
enum class AgentResponsePolicy {
    agent_chain,     ///< Other agents may respond: the default.
    addressed_only,  ///< Only the addressees may respond.
};
/// Markup of a `RichContent` body.
/// @ingroup events
enum class RichFormat {
    html,      ///< HTML.
    markdown,  ///< Markdown: the default.
};
/// Progress of a `ToolCallContent`.
/// @ingroup events
enum class ToolCallStatus {
    pending,    ///< Running: the default.
    completed,  ///< Done: see `ToolCallContent::result`.
    failed,     ///< See `ToolCallContent::error`.
};

/// The spellings of a closed enumeration, in the order of its enumerators.
/// @ingroup values
template <typename Enum>
inline constexpr std::array<std::string_view, 0> enum_names{};

/// @cond one for each enumeration above
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
/// @endcond

/// A closed enumeration of this library, that is, one with `enum_names`.
/// @ingroup values
template <typename Enum>
concept NamedEnum = std::is_enum_v<Enum> && (enum_names<Enum>.size() > 0);

/// The spelling of `value`, as stored and as written in JSON. A value outside the enumeration has
/// an empty spelling, which every store refuses.
/// @ingroup values
template <NamedEnum Enum>
constexpr std::string_view to_string(Enum value) noexcept {
    const auto position = static_cast<std::size_t>(value);
    return position < enum_names<Enum>.size() ? enum_names<Enum>[position] : std::string_view{};
}

/// The enumerator spelled `name`, or `nullopt`.
/// @ingroup values
template <NamedEnum Enum>
constexpr std::optional<Enum> parse_enum(std::string_view name) noexcept {
    for (std::size_t i = 0; i < enum_names<Enum>.size(); ++i) {
        if (enum_names<Enum>[i] == name) return static_cast<Enum>(i);
    }
    return std::nullopt;
}

/// Writes the spelling.
template <NamedEnum Enum>
std::ostream& operator<<(std::ostream& out, Enum value) {
    return out << to_string(value);
}

/// Well-known values of the `visibility` fields. These fields are plain strings, since they can
/// also hold channel ids (one, or several separated by commas).
namespace visibility {
/// Everybody in the room: the default.
inline constexpr const char* all = "all";
/// Nobody.
inline constexpr const char* none = "none";
/// Channels of category `transport`.
inline constexpr const char* transport = "transport";
/// Channels of category `intelligence`.
inline constexpr const char* intelligence = "intelligence";
/// Nobody outside the application.
inline constexpr const char* internal = "internal";
}  // namespace visibility

}  // namespace roomstore
