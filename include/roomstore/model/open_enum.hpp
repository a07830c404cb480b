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
    OpenEnum() = default;
    OpenEnum(std::string_view name) : name_(name) {}
    OpenEnum(const char* name) : name_(name) {}
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

    static constexpr std::size_t max_name_bytes = 64;

    friend bool operator==(const Derived& a, const Derived& b) noexcept {
        return a.name() == b.name();
    }
    friend bool operator==(const Derived& a, std::string_view b) noexcept { return a.name() == b; }
    friend bool operator==(const Derived& a, const char* b) noexcept { return a.name() == b; }
    friend bool operator==(const Derived& a, const std::string& b) noexcept {
        return a.name() == b;
    }
    friend auto operator<=>(const Derived& a, const Derived& b) noexcept {
        return a.name().compare(b.name()) <=> 0;
    }
    friend std::ostream& operator<<(std::ostream& out, const Derived& value) {
        return out << value.name();
    }

private:
    std::string name_;
};

/// What happened in a room. The default of a `RoomEvent` is `message`.
class EventType : public OpenEnum<EventType> {
public:
    using OpenEnum::OpenEnum;

    static constexpr std::string_view message = "message";
    static constexpr std::string_view system = "system";
    static constexpr std::string_view typing = "typing";
    static constexpr std::string_view read_receipt = "read_receipt";
    static constexpr std::string_view delivery_receipt = "delivery_receipt";
    static constexpr std::string_view presence = "presence";
    static constexpr std::string_view reaction = "reaction";
    static constexpr std::string_view edit = "edit";
    static constexpr std::string_view delete_ = "delete";
    static constexpr std::string_view participant_joined = "participant_joined";
    static constexpr std::string_view participant_left = "participant_left";
    static constexpr std::string_view participant_identified = "participant_identified";
    static constexpr std::string_view participant_updated = "participant_updated";
    static constexpr std::string_view channel_attached = "channel_attached";
    static constexpr std::string_view channel_detached = "channel_detached";
    static constexpr std::string_view channel_muted = "channel_muted";
    static constexpr std::string_view channel_unmuted = "channel_unmuted";
    static constexpr std::string_view channel_updated = "channel_updated";
    static constexpr std::string_view task_created = "task_created";
    static constexpr std::string_view task_delegated = "task_delegated";
    static constexpr std::string_view task_completed = "task_completed";
    static constexpr std::string_view observation = "observation";
    static constexpr std::string_view tool_call_start = "tool_call_start";
    static constexpr std::string_view tool_call_end = "tool_call_end";
    static constexpr std::string_view dtmf = "dtmf";
    static constexpr std::string_view recording_started = "recording_started";
    static constexpr std::string_view recording_stopped = "recording_stopped";
};

/// What kind of channel an event came through or a binding connects.
class ChannelType : public OpenEnum<ChannelType> {
public:
    using OpenEnum::OpenEnum;

    static constexpr std::string_view sms = "sms";
    static constexpr std::string_view mms = "mms";
    static constexpr std::string_view rcs = "rcs";
    static constexpr std::string_view email = "email";
    static constexpr std::string_view whatsapp = "whatsapp";
    static constexpr std::string_view whatsapp_personal = "whatsapp_personal";
    static constexpr std::string_view websocket = "websocket";
    static constexpr std::string_view ai = "ai";
    static constexpr std::string_view voice = "voice";
    static constexpr std::string_view realtime_voice = "realtime_voice";
    static constexpr std::string_view realtime_audio_video = "realtime_audio_video";
    static constexpr std::string_view push = "push";
    static constexpr std::string_view messenger = "messenger";
    static constexpr std::string_view telegram = "telegram";
    static constexpr std::string_view teams = "teams";
    static constexpr std::string_view discord = "discord";
    static constexpr std::string_view buzz = "buzz";
    static constexpr std::string_view webhook = "webhook";
    static constexpr std::string_view video = "video";
    static constexpr std::string_view audio_video = "audio_video";
    static constexpr std::string_view conference = "conference";
    static constexpr std::string_view cli = "cli";
    static constexpr std::string_view system = "system";
};

}  // namespace roomstore

template <>
struct std::hash<roomstore::EventType> {
    std::size_t operator()(const roomstore::EventType& value) const noexcept {
        return std::hash<std::string>{}(value.name());
    }
};

template <>
struct std::hash<roomstore::ChannelType> {
    std::size_t operator()(const roomstore::ChannelType& value) const noexcept {
        return std::hash<std::string>{}(value.name());
    }
};
