#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace roomstore {

/// Base of the *open* enumerations: a name out of a known set, or any other legal name.
///
/// A chat server has event types and channels of its own; they are values like the known ones and
/// survive the round trip. A legal name has 1 to 64 bytes of `[a-z0-9_.-]`; stores refuse others
/// with `invalid_argument`.
template <typename Derived>
class OpenEnum {
public:
    /// The empty name, which no store accepts.
    OpenEnum() = default;
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

/// What happened in a room. The default of a `RoomEvent` is `message`.
/// @ingroup events
class EventType : public OpenEnum<EventType> {
public:
    using OpenEnum::OpenEnum;

    /// Somebody said something.
    static constexpr std::string_view message = "message";
    /// The system said something.
    static constexpr std::string_view system = "system";
    /// Somebody types.
    static constexpr std::string_view typing = "typing";
    /// Somebody read.
    static constexpr std::string_view read_receipt = "read_receipt";
    /// Something was delivered.
    static constexpr std::string_view delivery_receipt = "delivery_receipt";
    /// Somebody came or went.
    static constexpr std::string_view presence = "presence";
    /// Somebody reacted to an event.
    static constexpr std::string_view reaction = "reaction";
    /// An event was edited.
    static constexpr std::string_view edit = "edit";
    /// An event was withdrawn; spelled `delete`.
    static constexpr std::string_view delete_ = "delete";
    /// A participant joined.
    static constexpr std::string_view participant_joined = "participant_joined";
    /// A participant left.
    static constexpr std::string_view participant_left = "participant_left";
    /// It became known who a participant is.
    static constexpr std::string_view participant_identified = "participant_identified";
    /// A participant changed.
    static constexpr std::string_view participant_updated = "participant_updated";
    /// A channel was attached.
    static constexpr std::string_view channel_attached = "channel_attached";
    /// A channel was detached.
    static constexpr std::string_view channel_detached = "channel_detached";
    /// A channel was muted.
    static constexpr std::string_view channel_muted = "channel_muted";
    /// A channel was unmuted.
    static constexpr std::string_view channel_unmuted = "channel_unmuted";
    /// A channel changed.
    static constexpr std::string_view channel_updated = "channel_updated";
    /// A task came up.
    static constexpr std::string_view task_created = "task_created";
    /// A task was handed on.
    static constexpr std::string_view task_delegated = "task_delegated";
    /// A task is done.
    static constexpr std::string_view task_completed = "task_completed";
    /// Something was noticed.
    static constexpr std::string_view observation = "observation";
    /// A tool was called.
    static constexpr std::string_view tool_call_start = "tool_call_start";
    /// A tool answered.
    static constexpr std::string_view tool_call_end = "tool_call_end";
    /// A key of a telephone was pressed.
    static constexpr std::string_view dtmf = "dtmf";
    /// A recording began.
    static constexpr std::string_view recording_started = "recording_started";
    /// A recording ended.
    static constexpr std::string_view recording_stopped = "recording_stopped";
};

/// What kind of channel an event came through or a binding connects.
/// @ingroup bindings
class ChannelType : public OpenEnum<ChannelType> {
public:
    using OpenEnum::OpenEnum;

    /// Text messages.
    static constexpr std::string_view sms = "sms";
    /// Multimedia messages.
    static constexpr std::string_view mms = "mms";
    /// Rich Communication Services.
    static constexpr std::string_view rcs = "rcs";
    /// Electronic mail.
    static constexpr std::string_view email = "email";
    /// WhatsApp for businesses.
    static constexpr std::string_view whatsapp = "whatsapp";
    /// WhatsApp, a personal account.
    static constexpr std::string_view whatsapp_personal = "whatsapp_personal";
    /// A WebSocket.
    static constexpr std::string_view websocket = "websocket";
    /// An agent.
    static constexpr std::string_view ai = "ai";
    /// Telephone calls.
    static constexpr std::string_view voice = "voice";
    /// A spoken conversation with an agent.
    static constexpr std::string_view realtime_voice = "realtime_voice";
    /// A conversation with an agent by sound and image.
    static constexpr std::string_view realtime_audio_video = "realtime_audio_video";
    /// Push notifications.
    static constexpr std::string_view push = "push";
    /// Facebook Messenger.
    static constexpr std::string_view messenger = "messenger";
    /// Telegram.
    static constexpr std::string_view telegram = "telegram";
    /// Microsoft Teams.
    static constexpr std::string_view teams = "teams";
    /// Discord.
    static constexpr std::string_view discord = "discord";
    /// Buzz.
    static constexpr std::string_view buzz = "buzz";
    /// HTTP requests to a URL.
    static constexpr std::string_view webhook = "webhook";
    /// Video calls.
    static constexpr std::string_view video = "video";
    /// Calls with sound and image.
    static constexpr std::string_view audio_video = "audio_video";
    /// Conferences.
    static constexpr std::string_view conference = "conference";
    /// A terminal.
    static constexpr std::string_view cli = "cli";
    /// The system itself.
    static constexpr std::string_view system = "system";
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
