#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "roomstore/memory/detail/room_handle.hpp"
#include "roomstore/model/event.hpp"

namespace roomstore::detail::memory {

/// A stored event, about a third the size of a `RoomEvent`: its strings are concatenated in one
/// block, and fields that are empty in nearly every event take no space.
///
/// Immutable once it is shared, so that holders of a pointer can read it without a lock.
class PackedEvent {
public:
    /// `room` must outlive every use of `room()`. The event's own `room_id` is not kept.
    PackedEvent(const RoomEvent& event, RoomHandle& room)
        : room_(&room),
          index_(event.index),
          chain_depth_(event.chain_depth),
          token_count_(event.token_count.value_or(no_token_count)),
          created_at_(event.created_at),
          status_(event.status),
          direction_(event.source.direction) {
        pack_texts(event);
        pack_rare_fields(event);
    }

    /// Must be called before the event is shared.
    void set_index(std::int64_t index) noexcept { index_ = index; }

    /// Marks the event as updated since it was added. Before the event is shared.
    void set_updated() noexcept { updated_ = true; }
    bool updated() const noexcept { return updated_; }

    /// The event as passed to the constructor, except for its index. `room_id` is that of the room.
    RoomEvent unpack(const std::string& room_id) const {
        // Avoids the cost of the defaults: a random number for `id`, a clock read for `created_at`,
        // and an initializer list for each JSON value.
        RoomEvent event{
            .id = std::string(id()),
            .room_id = room_id,
            .source = {.direction = direction_, .raw_payload = Json(Json::value_t::object)},
            .status = status_,
            .index = index_,
            .chain_depth = chain_depth_,
            .created_at = created_at_,
            .metadata = Json(Json::value_t::object),
            .channel_data = {.extra = Json(Json::value_t::object)},
            .delivery_results = Json(Json::value_t::object),
            .token_count = token_count()};
        visit_texts(event, [this](Text field, auto& value) {
            if (has(field)) value = std::string(text(field));
        });
        if (has(Text::body)) {
            event.content = TextContent{.body = std::string(text(Text::body))};
            if (has(Text::language)) {
                event.content.get_if<TextContent>()->language = text(Text::language);
            }
        }
        if (rest_) unpack_rest(event);
        return event;
    }

    RoomHandle& room() const noexcept { return *room_; }
    std::int64_t index() const noexcept { return index_; }
    Timestamp created_at() const noexcept { return created_at_; }
    std::optional<std::int64_t> token_count() const noexcept {
        if (token_count_ == no_token_count) return std::nullopt;
        return token_count_;
    }
    std::string_view id() const noexcept { return text(Text::id); }
    std::string_view type() const noexcept { return text(Text::type); }
    EventStatus status() const noexcept { return status_; }
    std::string_view visibility() const noexcept { return text(Text::visibility); }
    std::string_view channel_id() const noexcept { return text(Text::channel_id); }
    std::string_view channel_type() const noexcept { return text(Text::channel_type); }
    std::optional<std::string_view> participant_id() const noexcept {
        return if_present(Text::participant_id);
    }
    std::optional<std::string_view> correlation_id() const noexcept {
        return if_present(Text::correlation_id);
    }
    std::optional<std::string_view> parent_event_id() const noexcept {
        return if_present(Text::parent_event_id);
    }
    std::optional<std::string_view> idempotency_key() const noexcept {
        return if_present(Text::idempotency_key);
    }

private:
    enum class Text : std::uint8_t {
        id,
        type,
        channel_id,
        channel_type,
        visibility,
        participant_id,
        external_id,
        provider,
        provider_message_id,
        blocked_by,
        response_visibility,
        parent_event_id,
        correlation_id,
        idempotency_key,
        data_provider,
        data_external_id,
        data_thread_id,
        /// Present if and only if the content is a `TextContent` without unknown members.
        body,
        language,
    };
    static constexpr std::size_t text_count = static_cast<std::size_t>(Text::language) + 1;

    /// Fields that most events leave at their defaults. A JSON value is present unless it is the
    /// empty object.
    struct Rest {
        std::optional<Json> raw_payload;
        std::optional<Json> metadata;
        std::optional<Json> extra;
        std::optional<Json> delivery_results;
        std::optional<std::vector<std::string>> addressed_to;
        /// Absent if the content is stored in `Text::body` and `Text::language`.
        std::optional<EventContent> content;
        UnknownMembers event_members;
        UnknownMembers source_members;
        UnknownMembers data_members;
    };

    /// One list for packing and unpacking, so that no string can be packed without being unpacked.
    /// The strings of the content are not in it.
    template <typename Event, typename Visit>
    static void visit_texts(Event& event, Visit&& visit) {
        visit(Text::type, event.type);
        visit(Text::channel_id, event.source.channel_id);
        visit(Text::channel_type, event.source.channel_type);
        visit(Text::visibility, event.visibility);
        visit(Text::participant_id, event.source.participant_id);
        visit(Text::external_id, event.source.external_id);
        visit(Text::provider, event.source.provider);
        visit(Text::provider_message_id, event.source.provider_message_id);
        visit(Text::blocked_by, event.blocked_by);
        visit(Text::response_visibility, event.response_visibility);
        visit(Text::parent_event_id, event.parent_event_id);
        visit(Text::correlation_id, event.correlation_id);
        visit(Text::idempotency_key, event.idempotency_key);
        visit(Text::data_provider, event.channel_data.provider);
        visit(Text::data_external_id, event.channel_data.external_id);
        visit(Text::data_thread_id, event.channel_data.thread_id);
    }

    using TextViews = std::array<std::optional<std::string_view>, text_count>;

    static std::optional<std::string_view> view_of(const std::string& text) { return text; }
    static std::optional<std::string_view> view_of(const std::optional<std::string>& text) {
        if (!text) return std::nullopt;
        return *text;
    }
    template <typename Name>
    static std::optional<std::string_view> view_of(const OpenEnum<Name>& value) {
        return value.name();
    }

    void pack_texts(const RoomEvent& event) {
        TextViews views;
        const auto at = [&views](Text field) -> auto& {
            return views[static_cast<std::size_t>(field)];
        };
        at(Text::id) = event.id;
        visit_texts(event, [&at](Text field, const auto& value) { at(field) = view_of(value); });
        if (const auto* content = event.content.get_if<TextContent>();
            content && content->unknown_members.empty()) {
            at(Text::body) = content->body;
            at(Text::language) = view_of(content->language);
        }
        std::size_t bytes = 0;
        for (const auto& view : views) bytes += view ? view->size() : 0;
        texts_.reserve(bytes);
        for (std::size_t i = 0; i < text_count; ++i) {
            if (views[i]) {
                texts_ += *views[i];
                present_ |= std::uint32_t{1} << i;
            }
            ends_[i] = static_cast<std::uint32_t>(texts_.size());
        }
    }

    static bool is_empty_object(const Json& value) { return value.is_object() && value.empty(); }

    void pack_rare_fields(const RoomEvent& event) {
        const bool plain =
            is_empty_object(event.source.raw_payload) && is_empty_object(event.metadata) &&
            is_empty_object(event.channel_data.extra) && is_empty_object(event.delivery_results) &&
            !event.addressed_to && has(Text::body) && event.unknown_members.empty() &&
            event.source.unknown_members.empty() && event.channel_data.unknown_members.empty();
        if (plain) return;
        auto rest = std::make_unique<Rest>();
        const auto keep = [](std::optional<Json>& slot, const Json& value) {
            if (!is_empty_object(value)) slot.emplace(value);
        };
        keep(rest->raw_payload, event.source.raw_payload);
        keep(rest->metadata, event.metadata);
        keep(rest->extra, event.channel_data.extra);
        keep(rest->delivery_results, event.delivery_results);
        rest->addressed_to = event.addressed_to;
        if (!has(Text::body)) rest->content = event.content;
        rest->event_members = event.unknown_members;
        rest->source_members = event.source.unknown_members;
        rest->data_members = event.channel_data.unknown_members;
        rest_ = std::move(rest);
    }

    void unpack_rest(RoomEvent& event) const {
        if (rest_->raw_payload) event.source.raw_payload = *rest_->raw_payload;
        if (rest_->metadata) event.metadata = *rest_->metadata;
        if (rest_->extra) event.channel_data.extra = *rest_->extra;
        if (rest_->delivery_results) event.delivery_results = *rest_->delivery_results;
        event.addressed_to = rest_->addressed_to;
        if (rest_->content) event.content = *rest_->content;
        event.unknown_members = rest_->event_members;
        event.source.unknown_members = rest_->source_members;
        event.channel_data.unknown_members = rest_->data_members;
    }

    bool has(Text field) const noexcept {
        return (present_ >> static_cast<unsigned>(field) & 1U) != 0;
    }
    std::string_view text(Text field) const noexcept {
        const auto i = static_cast<std::size_t>(field);
        const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
        return {texts_.data() + begin, ends_[i] - begin};
    }
    std::optional<std::string_view> if_present(Text field) const noexcept {
        if (!has(field)) return std::nullopt;
        return text(field);
    }

    static constexpr std::int64_t no_token_count = -1;

    RoomHandle* room_;
    std::int64_t index_;
    std::int64_t chain_depth_;
    std::int64_t token_count_;
    Timestamp created_at_;
    std::uint32_t present_ = 0;
    // The strings together stay far below 4 GiB: an event has at most `highest_max_event_bytes`.
    std::array<std::uint32_t, text_count> ends_{};
    EventStatus status_;
    ChannelDirection direction_;
    bool updated_ = false;
    std::string texts_;
    std::unique_ptr<const Rest> rest_;
};

using EventPtr = std::shared_ptr<const PackedEvent>;

inline std::vector<RoomEvent> unpack(const std::vector<EventPtr>& events,
                                     const std::string& room_id) {
    // Converts to the event in place, which saves a move.
    struct InPlace {
        const PackedEvent& event;
        const std::string& room_id;
        operator RoomEvent() const { return event.unpack(room_id); }
    };
    std::vector<RoomEvent> unpacked;
    unpacked.reserve(events.size());
    for (const auto& event : events) unpacked.emplace_back(InPlace{*event, room_id});
    return unpacked;
}

}  // namespace roomstore::detail::memory
