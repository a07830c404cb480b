#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "roomstore/conversation_store.hpp"

namespace roomstore::differential {

/// Random arguments: mostly valid and out of small sets, so that operations meet; now and then on
/// the border of what is allowed, or beyond it.
class Values {
public:
    Values(std::uint64_t seed, std::string scope) : random_(seed), scope_(std::move(scope)) {}

    static std::vector<std::string> all_room_ids() { return {"r1", "r2", "r3", "R3"}; }
    static std::vector<std::string> all_event_ids();
    static std::vector<std::string> all_channel_ids() { return {"c1", "c2", "\u00e9"}; }
    static std::vector<std::string> all_participant_ids() { return {"p1", "p2", "p3"}; }
    static std::vector<std::string> all_identity_ids(const std::string& scope);

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

    std::string room_id() { return id(all_room_ids()); }
    std::string event_id() { return id(all_event_ids()); }
    std::string channel_id() { return id(all_channel_ids()); }
    std::string participant_id() { return id(all_participant_ids()); }
    std::string identity_id();
    std::string task_id() { return id({"t1", "t2", "t3"}); }
    std::string key();
    std::string text();
    std::string address();
    std::optional<std::string> organization();
    std::vector<std::string> room_ids();
    std::vector<std::string> event_ids();
    std::vector<std::string> keys();

    Timestamp time();
    std::int64_t index();
    std::int64_t count();
    Json value(int depth = 0);
    Json object();
    EventType event_type();
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
    RoomFilter room_filter();
    LatestRoomFilter latest_filter();
    ChannelLookup lookup();
    EventQuery event_query();
    AppendOptions options();

private:
    /// One of `ids`; rarely one that no store has seen, rarely an illegal one.
    std::string id(const std::vector<std::string>& ids);
    EventContent content();

    std::mt19937_64 random_;
    std::string scope_;
};

}  // namespace roomstore::differential
