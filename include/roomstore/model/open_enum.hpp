#pragma once

#include <compare>
#include <concepts>
#include <cstddef>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace roomstore {

/// A known name of the open enumeration `Enum`, such as `EventType::message`. It is a value of that
/// enumeration and of no other, and a text where one is asked for.
/// @ingroup values
template <typename Enum>
class OpenConstant {
public:
    /// The name spelled `name`.
    explicit constexpr OpenConstant(std::string_view name) noexcept : name_(name) {}

    /// The spelling, as stored and as written in JSON.
    constexpr std::string_view name() const noexcept { return name_; }
    /// The spelling.
    constexpr operator std::string_view() const noexcept { return name_; }

    /// Equal by spelling.
    friend constexpr bool operator==(OpenConstant, OpenConstant) noexcept = default;
    /// Equal by spelling.
    template <std::convertible_to<std::string_view> Text>
        requires std::constructible_from<Enum, Text>
    friend constexpr bool operator==(OpenConstant a, const Text& b) noexcept {
        return a.name_ == std::string_view(b);
    }
    /// Writes the spelling.
    friend std::ostream& operator<<(std::ostream& out, OpenConstant value) {
        return out << value.name_;
    }

private:
    std::string_view name_;
};

/// Base of the *open* enumerations: a name out of a known set, or any other legal name.
///
/// A chat server has event types and channels of its own; they are values like the known ones and
/// survive the round trip. A legal name has 1 to 64 bytes of `[a-z0-9_.-]`; stores refuse others
/// with `invalid_argument`.
/// @ingroup values
template <typename Derived>
class OpenEnum {
public:
    /// The empty name, which no store accepts.
    OpenEnum() = default;
    /// The known value.
    OpenEnum(OpenConstant<Derived> known) : name_(known.name()) {}
    /// Refused: the name of a value of another enumeration.
    template <typename Other>
        requires(!std::same_as<Other, Derived>)
    OpenEnum(OpenConstant<Other> known) = delete;
    /// The value spelled `name`, which is not checked here.
    OpenEnum(std::string_view name) : name_(name) {}
    /// The value spelled `name`, which is not checked here.
    OpenEnum(const char* name) : name_(name) {}
    /// The value spelled `name`, which is not checked here.
    OpenEnum(std::string name) noexcept : name_(std::move(name)) {}

    /// The spelling, as stored and as written in JSON.
    const std::string& name() const noexcept { return name_; }

    /// Whether `name` may be stored.
    static bool is_legal(std::string_view name) noexcept {
        if (name.empty() || name.size() > max_name_bytes) return false;
        for (const char c : name) {
            const bool legal = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
                               c == '.' || c == '-';
            if (!legal) return false;
        }
        return true;
    }

    /// Bytes of the longest legal name.
    static constexpr std::size_t max_name_bytes = 64;

    /// Equal by spelling.
    friend bool operator==(const Derived& a, const Derived& b) noexcept {
        return a.name() == b.name();
    }
    /// Equal by spelling.
    friend bool operator==(const Derived& a, OpenConstant<Derived> b) noexcept {
        return a.name() == b.name();
    }
    /// Refused: the name of a value of another enumeration.
    template <typename Other>
        requires(!std::same_as<Other, Derived>)
    friend bool operator==(const Derived& a, OpenConstant<Other> b) = delete;
    /// Equal by spelling.
    friend bool operator==(const Derived& a, std::string_view b) noexcept { return a.name() == b; }
    /// Equal by spelling.
    friend bool operator==(const Derived& a, const char* b) noexcept { return a.name() == b; }
    /// Equal by spelling.
    friend bool operator==(const Derived& a, const std::string& b) noexcept {
        return a.name() == b;
    }
    /// Ordered by the bytes of the spelling.
    friend auto operator<=>(const Derived& a, const Derived& b) noexcept {
        return a.name().compare(b.name()) <=> 0;
    }
    /// Writes the spelling.
    friend std::ostream& operator<<(std::ostream& out, const Derived& value) {
        return out << value.name();
    }

private:
    std::string name_;
};

namespace detail {

template <typename T>
concept OpenName = std::derived_from<T, OpenEnum<T>>;

}  // namespace detail

/// What happened in a room. The default of a `RoomEvent` is `message`.
/// @ingroup events
class EventType : public OpenEnum<EventType> {
public:
    using OpenEnum::OpenEnum;

    /// Somebody said something.
    static constexpr OpenConstant<EventType> message{"message"};
    /// The system said something.
    static constexpr OpenConstant<EventType> system{"system"};
    /// Somebody types.
    static constexpr OpenConstant<EventType> typing{"typing"};
    /// Somebody read.
    static constexpr OpenConstant<EventType> read_receipt{"read_receipt"};
    /// Something was delivered.
    static constexpr OpenConstant<EventType> delivery_receipt{"delivery_receipt"};
    /// Somebody came or went.
    static constexpr OpenConstant<EventType> presence{"presence"};
    /// Somebody reacted to an event.
    static constexpr OpenConstant<EventType> reaction{"reaction"};
    /// An event was edited.
    static constexpr OpenConstant<EventType> edit{"edit"};
    /// An event was withdrawn; spelled `delete`.
    static constexpr OpenConstant<EventType> delete_{"delete"};
    /// A participant joined.
    static constexpr OpenConstant<EventType> participant_joined{"participant_joined"};
    /// A participant left.
    static constexpr OpenConstant<EventType> participant_left{"participant_left"};
    /// It became known who a participant is.
    static constexpr OpenConstant<EventType> participant_identified{"participant_identified"};
    /// A participant changed.
    static constexpr OpenConstant<EventType> participant_updated{"participant_updated"};
    /// A channel was attached.
    static constexpr OpenConstant<EventType> channel_attached{"channel_attached"};
    /// A channel was detached.
    static constexpr OpenConstant<EventType> channel_detached{"channel_detached"};
    /// A channel was muted.
    static constexpr OpenConstant<EventType> channel_muted{"channel_muted"};
    /// A channel was unmuted.
    static constexpr OpenConstant<EventType> channel_unmuted{"channel_unmuted"};
    /// A channel changed.
    static constexpr OpenConstant<EventType> channel_updated{"channel_updated"};
    /// A task came up.
    static constexpr OpenConstant<EventType> task_created{"task_created"};
    /// A task was handed on.
    static constexpr OpenConstant<EventType> task_delegated{"task_delegated"};
    /// A task is done.
    static constexpr OpenConstant<EventType> task_completed{"task_completed"};
    /// Something was noticed.
    static constexpr OpenConstant<EventType> observation{"observation"};
    /// A tool was called.
    static constexpr OpenConstant<EventType> tool_call_start{"tool_call_start"};
    /// A tool answered.
    static constexpr OpenConstant<EventType> tool_call_end{"tool_call_end"};
    /// A key of a telephone was pressed.
    static constexpr OpenConstant<EventType> dtmf{"dtmf"};
    /// A recording began.
    static constexpr OpenConstant<EventType> recording_started{"recording_started"};
    /// A recording ended.
    static constexpr OpenConstant<EventType> recording_stopped{"recording_stopped"};
};

/// What kind of channel an event came through or a binding connects.
/// @ingroup bindings
class ChannelType : public OpenEnum<ChannelType> {
public:
    using OpenEnum::OpenEnum;

    /// Text messages.
    static constexpr OpenConstant<ChannelType> sms{"sms"};
    /// Multimedia messages.
    static constexpr OpenConstant<ChannelType> mms{"mms"};
    /// Rich Communication Services.
    static constexpr OpenConstant<ChannelType> rcs{"rcs"};
    /// Electronic mail.
    static constexpr OpenConstant<ChannelType> email{"email"};
    /// WhatsApp for businesses.
    static constexpr OpenConstant<ChannelType> whatsapp{"whatsapp"};
    /// WhatsApp, a personal account.
    static constexpr OpenConstant<ChannelType> whatsapp_personal{"whatsapp_personal"};
    /// A WebSocket.
    static constexpr OpenConstant<ChannelType> websocket{"websocket"};
    /// An agent.
    static constexpr OpenConstant<ChannelType> ai{"ai"};
    /// Telephone calls.
    static constexpr OpenConstant<ChannelType> voice{"voice"};
    /// A spoken conversation with an agent.
    static constexpr OpenConstant<ChannelType> realtime_voice{"realtime_voice"};
    /// A conversation with an agent by sound and image.
    static constexpr OpenConstant<ChannelType> realtime_audio_video{"realtime_audio_video"};
    /// Push notifications.
    static constexpr OpenConstant<ChannelType> push{"push"};
    /// Facebook Messenger.
    static constexpr OpenConstant<ChannelType> messenger{"messenger"};
    /// Telegram.
    static constexpr OpenConstant<ChannelType> telegram{"telegram"};
    /// Microsoft Teams.
    static constexpr OpenConstant<ChannelType> teams{"teams"};
    /// Discord.
    static constexpr OpenConstant<ChannelType> discord{"discord"};
    /// Buzz.
    static constexpr OpenConstant<ChannelType> buzz{"buzz"};
    /// HTTP requests to a URL.
    static constexpr OpenConstant<ChannelType> webhook{"webhook"};
    /// Video calls.
    static constexpr OpenConstant<ChannelType> video{"video"};
    /// Calls with sound and image.
    static constexpr OpenConstant<ChannelType> audio_video{"audio_video"};
    /// Conferences.
    static constexpr OpenConstant<ChannelType> conference{"conference"};
    /// A terminal.
    static constexpr OpenConstant<ChannelType> cli{"cli"};
    /// The system itself.
    static constexpr OpenConstant<ChannelType> system{"system"};
};

}  // namespace roomstore

/// Hashes the spelling.
template <>
struct std::hash<roomstore::EventType> {
    /// The hash of the spelling.
    std::size_t operator()(const roomstore::EventType& value) const noexcept {
        return std::hash<std::string>{}(value.name());
    }
};

/// Hashes the spelling.
template <>
struct std::hash<roomstore::ChannelType> {
    /// The hash of the spelling.
    std::size_t operator()(const roomstore::ChannelType& value) const noexcept {
        return std::hash<std::string>{}(value.name());
    }
};
