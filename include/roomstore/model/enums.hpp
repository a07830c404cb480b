#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <ostream>
#include <string_view>
#include <type_traits>

namespace roomstore {

/// State of a room. The store keeps it; what it means is up to the application.
/// @ingroup rooms
enum class RoomStatus {
    active,    ///< In use: the default.
    paused,    ///< Asleep for now.
    closed,    ///< Ended.
    archived,  ///< Ended, and out of the way.
};
/// How far an event got.
/// @ingroup events
enum class EventStatus {
    pending,    ///< Not yet delivered: the default.
    delivered,  ///< Delivered.
    read,       ///< Read.
    failed,     ///< Delivery failed.
    blocked,    ///< Kept from being delivered: see `RoomEvent::blocked_by`.
};
/// Whether a channel carries messages or thinks.
/// @ingroup bindings
enum class ChannelCategory {
    transport,     ///< Carries what people say: the default.
    intelligence,  ///< Reads along and answers: an agent.
};
/// Which way events flow through a channel, seen from the room.
/// @ingroup bindings
enum class ChannelDirection {
    inbound,        ///< Into the room.
    outbound,       ///< Out of the room.
    bidirectional,  ///< Both.
};
/// What a channel carries.
/// @ingroup bindings
enum class ChannelMediaType {
    text,       ///< Plain text.
    rich,       ///< Formatted text.
    media,      ///< Attachments.
    audio,      ///< Recordings.
    video,      ///< Films.
    location,   ///< Places.
    template_,  ///< Messages made from templates; spelled `template`.
};
/// What a channel may do in a room.
/// @ingroup bindings
enum class Access {
    read_write,  ///< Everything: the default.
    read_only,   ///< Only be delivered to.
    write_only,  ///< Only say something.
    none,        ///< Nothing.
};
/// To which of several recipients of a channel an event goes.
/// @ingroup bindings
enum class DeliveryMode {
    broadcast,    ///< All: the default.
    direct,       ///< The one that is addressed.
    round_robin,  ///< One after the other.
};
/// On whose behalf an event is withdrawn.
/// @ingroup events
enum class DeleteType {
    sender,  ///< Whoever sent it: the default.
    system,  ///< The system.
    admin,   ///< Whoever administers the room.
};
/// What a participant is in a room.
/// @ingroup participants
enum class ParticipantRole {
    owner,     ///< Whose room it is.
    agent,     ///< A person or program that serves the others.
    member,    ///< One among others: the default.
    observer,  ///< Reads along.
    bot,       ///< A program.
};
/// Whether a participant is in the room.
/// @ingroup participants
enum class ParticipantStatus {
    active,    ///< Takes part: the default.
    inactive,  ///< Silent for now.
    left,      ///< Gone by their own choice.
    banned,    ///< Shut out.
};
/// How far it is known who a participant is.
/// @ingroup participants
enum class IdentificationStatus {
    identified,      ///< Known: see `Participant::identity_id`.
    pending,         ///< Not yet looked for: the default.
    ambiguous,       ///< One of several: see `Participant::candidates`.
    unknown,         ///< Looked for and not found.
    challenge_sent,  ///< Asked to prove it.
    rejected,        ///< Asked, and failed.
};
/// How far a task is.
/// @ingroup tasks
enum class TaskStatus {
    pending,      ///< Not begun: the default.
    in_progress,  ///< Begun.
    completed,    ///< Done.
    failed,       ///< Tried in vain.
    cancelled,    ///< Not to be done any more.
};
/// Whom an agent's own output solicits in a room.
/// @ingroup rooms
enum class AgentResponsePolicy {
    agent_chain,     ///< Other agents may answer it: the default.
    addressed_only,  ///< Only whom it addresses.
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

/// A closed enumeration of this library: one with spellings.
/// @ingroup values
template <typename Enum>
concept NamedEnum = std::is_enum_v<Enum> && (enum_names<Enum>.size() > 0);

/// The spelling of `value`, as stored and as written in JSON. A value outside the enumeration has
/// the empty spelling, which no store accepts.
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

/// Well-known values of the `visibility` fields. They are plain strings, since they also hold
/// channel ids (one, or several separated by commas).
namespace visibility {
/// Everybody in the room: the default.
inline constexpr const char* all = "all";
/// Nobody.
inline constexpr const char* none = "none";
/// Channels of category `transport`.
inline constexpr const char* transport = "transport";
/// Channels of category `intelligence`.
inline constexpr const char* intelligence = "intelligence";
/// Nobody outside of the application.
inline constexpr const char* internal = "internal";
}  // namespace visibility

}  // namespace roomstore
