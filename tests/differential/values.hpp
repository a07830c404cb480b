#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "roomstore/conversation_store.hpp"

namespace roomstore::differential {

class ReferenceStore;
using ReferenceKeys = std::vector<std::pair<std::string, std::string>>;

/// Random arguments: mostly valid and from small sets, so that operations affect the same rows; now
/// and then at the limits of what is valid, or beyond.
class Values {
public:
    /// In a cursor that is drawn: the hash of the room, which differs between stores.
    static constexpr std::uint64_t own_room = 1;

    /// Every identity id and every address begins with `scope`. `reference` has made all calls so
    /// far: it provides existing ids, and the next index of a room to draw indexes near it.
    Values(std::uint64_t seed, std::string scope, const ReferenceStore& reference)
        : random_(seed), scope_(std::move(scope)), reference_(reference) {}

    /// The sets that ids come from.
    /// @{
    static std::vector<std::string> all_room_ids() { return {"r1", "r2", "R2", "\u00e93"}; }
    static std::vector<std::string> all_event_ids();
    static std::vector<std::string> all_channel_ids() { return {"c1", "c2", "\u00e9"}; }
    static std::vector<std::string> all_participant_ids() { return {"p1", "p2", "\u4e2d3"}; }
    static std::vector<std::string> all_identity_ids(const std::string& scope);
    static std::vector<std::string> all_task_ids() { return {"t1", "t2", "\U0001f4cc3"}; }
    static std::vector<std::string> all_keys() { return {"k1", "k2", "\u03ba3"}; }
    static std::vector<std::string> all_organization_ids() { return {"o1", "\u00f82"}; }
    static std::vector<std::string> all_addresses(const std::string& scope);
    static std::vector<ChannelType> all_channel_types();
    /// Valid ids that now and then replace any other id.
    static std::vector<std::string> odd_ids();
    /// @}

    std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
    bool one_in(std::uint64_t n) { return below(n) == 0; }

    template <typename T>
    T among(const std::vector<T>& values) {
        return values[below(values.size())];
    }
    template <typename T>
    std::optional<T> maybe(T value) {
        return one_in(2) ? std::optional<T>(std::move(value)) : std::nullopt;
    }

    /// Mostly an existing room: calls for missing rooms find few faults.
    std::string room_id();
    std::string event_id() { return id(all_event_ids()); }
    /// Few distinct values, so that threads have several replies.
    std::string parent_id() { return one_in(4) ? event_id() : id({"e1", "e2"}); }
    std::string channel_id() { return id(all_channel_ids()); }
    std::string participant_id() { return id(all_participant_ids()); }
    std::string identity_id();
    /// Mostly an existing one.
    std::string known_identity_id();
    /// Like `event` and so on, mostly with the key of an existing row.
    /// @{
    RoomEvent known_event();
    ChannelBinding known_binding();
    Participant known_participant();
    Task known_task();
    Room known_room();
    /// @}
    /// Room id and event id, mostly of an existing event.
    std::pair<std::string, std::string> event_key();
    std::string task_id() { return id(all_task_ids()); }
    std::string key();
    std::string text();
    std::string address();
    std::optional<std::string> organization();
    std::vector<std::string> room_ids();
    std::vector<std::string> event_ids();

    std::vector<std::string> unset_keys();

    Timestamp time();
    std::int64_t index();
    /// At or near the next index of the room.
    std::int64_t index_near_next(const std::string& room_id);
    std::optional<std::int64_t> cursor();
    std::int64_t count();
    /// Mostly at least 1.
    std::int64_t cap() { return one_in(12) ? count() : 1 + static_cast<std::int64_t>(below(4)); }
    Json value(int depth = 0);
    Json object();
    Json patch();
    double number();
    EventType event_type();
    EventStatus event_status();
    ChannelType channel_type();
    RoomStatus room_status();
    TaskStatus task_status();

    Room room();
    RoomEvent event(const std::string& room_id);
    std::vector<RoomEvent> events(const std::string& room_id);
    ChannelBinding binding();
    Participant participant();
    Identity identity();
    Task task();
    Observation observation();

    Page page();
    /// A page of rooms: mostly after a position, often that of a room.
    Page room_page();
    InboxQuery inbox_query();
    UnreadQuery unread_query();
    UnreadTotalQuery unread_total_query();
    ContextQuery context_query();
    RoomFilter room_filter();
    LatestRoomFilter latest_filter();
    ChannelLookup lookup();
    EventFilter event_filter();
    EventQuery event_query();
    ConversationQuery conversation_query();
    TimelineQuery timeline_query();
    AppendOptions options(const std::string& room_id);
    /// With `own_room` instead of the hash of the room, mostly.
    ChangesQuery changes_query(const std::string& room_id);

private:
    /// A random part of `whole`, contained in it as metadata filters define it.
    Json part_of(Json whole);
    /// `row`, mostly with one of `keys`.
    template <typename Row>
    Row aimed(Row row, const ReferenceKeys& keys, std::string Row::* id);
    /// A default model with some fields of `full`.
    template <typename Model>
    Model mixed(const Model& full);
    /// `model`, now and then with a value that is invalid, or just valid.
    template <typename Model>
    Model rarely_corrupted(Model model);

    /// One of `ids`; rarely an unusual or an invalid id.
    std::string id(const std::vector<std::string>& ids);
    UnknownMembers unknown_members();
    EventContent content();

    std::mt19937_64 random_;
    std::string scope_;
    const ReferenceStore& reference_;
};

}  // namespace roomstore::differential
