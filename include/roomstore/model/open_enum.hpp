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

/// A known value of the open enumeration `Enum`, such as `EventType::message`. Converts to that
/// enumeration, to no other one, and to `std::string_view`.
/// @ingroup values
template <typename Enum>
class OpenConstant {
public:
    /// Constructs the constant spelled `name`.
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

/// Base of the *open* enumerations, whose values are a set of known names and any other legal name.
///
/// An application can define its own event types and channel types; they are stored and returned
/// like the known ones. A legal name has 1 to 64 bytes of `[a-z0-9_.-]`; stores refuse others with
/// `invalid_argument`.
/// @ingroup values
template <typename Derived>
class OpenEnum {
public:
    /// The empty name, which every store refuses.
    OpenEnum() = default;
    /// The known value.
    OpenEnum(OpenConstant<Derived> known) : name_(known.name()) {}
    /// Deleted: a constant of another enumeration does not compile.
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

    /// Whether `name` is a legal name.
    static bool is_legal(std::string_view name) noexcept {
        if (name.empty() || name.size() > max_name_bytes) return false;
        for (const char c : name) {
            const bool legal = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
                               c == '.' || c == '-';
            if (!legal) return false;
        }
        return true;
    }

    /// Maximum size of a legal name in bytes.
    static constexpr std::size_t max_name_bytes = 64;

    /// Equal by spelling.
    friend bool operator==(const Derived& a, const Derived& b) noexcept {
        return a.name() == b.name();
    }
    /// Equal by spelling.
    friend bool operator==(const Derived& a, OpenConstant<Derived> b) noexcept {
        return a.name() == b.name();
    }
    /// Deleted: a constant of another enumeration does not compile.
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

/// Type of an event. The default of a `RoomEvent` is `message`.
/// @ingroup events
class EventType : public OpenEnum<EventType> {
public:
    using OpenEnum::OpenEnum;

    /// A message.
    static constexpr OpenConstant<EventType> message{"message"};
    /// A message from the system.
    static constexpr OpenConstant<EventType> system{"system"};
    /// A typing indicator.
    static constexpr OpenConstant<EventType> typing{"typing"};
    /// A read receipt.
    static constexpr OpenConstant<EventType> read_receipt{"read_receipt"};
    /// A delivery receipt.
    static constexpr OpenConstant<EventType> delivery_receipt{"delivery_receipt"};
    /// A change of presence.
    static constexpr OpenConstant<EventType> presence{"presence"};
    /// A reaction to an event.
    static constexpr OpenConstant<EventType> reaction{"reaction"};
    /// An event was edited.
    static constexpr OpenConstant<EventType> edit{"edit"};
    /// An event was retracted; spelled `delete`.
    static constexpr OpenConstant<EventType> delete_{"delete"};
    /// A participant joined.
    static constexpr OpenConstant<EventType> participant_joined{"participant_joined"};
    /// A participant left.
    static constexpr OpenConstant<EventType> participant_left{"participant_left"};
    /// A participant was identified.
    static constexpr OpenConstant<EventType> participant_identified{"participant_identified"};
    /// A participant was updated.
    static constexpr OpenConstant<EventType> participant_updated{"participant_updated"};
    /// A channel was attached.
    static constexpr OpenConstant<EventType> channel_attached{"channel_attached"};
    /// A channel was detached.
    static constexpr OpenConstant<EventType> channel_detached{"channel_detached"};
    /// A channel was muted.
    static constexpr OpenConstant<EventType> channel_muted{"channel_muted"};
    /// A channel was unmuted.
    static constexpr OpenConstant<EventType> channel_unmuted{"channel_unmuted"};
    /// A channel was updated.
    static constexpr OpenConstant<EventType> channel_updated{"channel_updated"};
    /// A task was created.
    static constexpr OpenConstant<EventType> task_created{"task_created"};
    /// A task was delegated.
    static constexpr OpenConstant<EventType> task_delegated{"task_delegated"};
    /// A task was completed.
    static constexpr OpenConstant<EventType> task_completed{"task_completed"};
    /// An observation was recorded.
    static constexpr OpenConstant<EventType> observation{"observation"};
    /// A tool call started.
    static constexpr OpenConstant<EventType> tool_call_start{"tool_call_start"};
    /// A tool call ended.
    static constexpr OpenConstant<EventType> tool_call_end{"tool_call_end"};
    /// A telephone key was pressed.
    static constexpr OpenConstant<EventType> dtmf{"dtmf"};
    /// A recording started.
    static constexpr OpenConstant<EventType> recording_started{"recording_started"};
    /// A recording stopped.
    static constexpr OpenConstant<EventType> recording_stopped{"recording_stopped"};
};

/// Type of the channel of an event or a binding.
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
    /// WhatsApp Business.
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
    /// A voice and video conversation with an agent.
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
    /// Audio and video calls.
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
