#include "roomstore/memory/detail/room_directory.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

using namespace roomstore;
using roomstore::detail::memory::RoomDirectory;
using roomstore::detail::memory::RoomOrder;
using roomstore::detail::memory::RoomRecord;

namespace {

const std::array<std::optional<std::string>, 3> organizations{std::nullopt, "o1", "o2"};
const std::array<std::optional<RoomStatus>, 5> statuses{std::nullopt,
                                                        RoomStatus::active,
                                                        RoomStatus::paused,
                                                        RoomStatus::closed,
                                                        RoomStatus::archived};
const std::array<std::string, 3> channels{"c1", "c2", "c3"};
const std::array<std::string, 3> people{"p1", "p2", "p3"};
const std::array<std::optional<ChannelType>, 3> types{std::nullopt, "sms", "email"};

template <typename Values>
auto any_of(std::mt19937& random, const Values& values, std::size_t from = 0) {
    return values[from + random() % (values.size() - from)];
}

/// A directory, and a plain list of the rooms from which the expected results are computed.
class RandomRooms {
public:
    explicit RandomRooms(unsigned seed) : random_(seed) {}

    void change() {
        const auto choice = random_() % 10;
        if (rooms_.empty() || choice == 0) {
            add_room();
        } else if (choice == 1 && random_() % 2 == 0) {
            remove_room(random_() % rooms_.size());
        } else if (choice < 4) {
            move_room(*rooms_[random_() % rooms_.size()]);
        } else if (choice < 8) {
            change_binding(*rooms_[random_() % rooms_.size()]);
        } else {
            change_participant(*rooms_[random_() % rooms_.size()]);
        }
    }

    void check() {
        for (const auto& organization : organizations) {
            for (const auto& status : statuses) check_group({organization, status});
        }
        for (const auto& channel : channels) {
            for (const auto& status : statuses) check_channel(channel, status);
        }
        for (const auto& person : people) {
            for (const auto& type : types) {
                for (const auto& status : statuses) check_latest(person, type, status);
            }
        }
    }

private:
    static RoomDirectory::Group group_of(const RoomRecord& room) {
        return {room.row->organization_id, room.row->status};
    }

    void set_row(RoomRecord& room) {
        room.row =
            std::make_shared<const Room>(Room{.id = room.id,
                                              .organization_id = any_of(random_, organizations),
                                              .status = *any_of(random_, statuses, 1)});
    }

    void add_room() {
        // Few different times, so that the order often depends on the id.
        auto room = std::make_shared<RoomRecord>(
            "r" + std::to_string(random_() % 1000) + "-" + std::to_string(++count_),
            Timestamp{std::chrono::microseconds{random_() % 4}});
        set_row(*room);
        directory_.add(*room, group_of(*room));
        rooms_.push_back(std::move(room));
        std::ranges::sort(rooms_, {}, [](const auto& r) { return RoomOrder::key(r.get()); });
    }

    void remove_room(std::size_t number) {
        RoomRecord& room = *rooms_[number];
        directory_.remove(room, group_of(room), room.contents);
        rooms_.erase(rooms_.begin() + static_cast<std::ptrdiff_t>(number));
    }

    void move_room(RoomRecord& room) {
        const auto old_row = room.row;
        const auto from = group_of(room);
        const auto version = room.directory_version;
        set_row(room);
        directory_.move(room, from, group_of(room), room.contents);
        REQUIRE(room.directory_version != version);
    }

    void change_binding(RoomRecord& room) {
        auto& bindings = room.contents.bindings;
        const auto before = bindings.find(any_of(random_, channels));
        if (before && random_() % 3 == 0) {
            directory_.exchange_binding(room, room.row->status, before.get(), nullptr);
            bindings.erase(before->channel_id);
            return;
        }
        ChannelBinding binding{
            .channel_id = before ? before->channel_id : any_of(random_, channels),
            .room_id = room.id,
            .channel_type = *any_of(random_, types, 1),
            .attached_at = Timestamp{}};
        if (random_() % 3 != 0) binding.participant_id = any_of(random_, people);
        auto now = std::make_shared<const ChannelBinding>(binding);
        const auto old = bindings.find(now->channel_id);
        directory_.exchange_binding(room, room.row->status, old.get(), now.get());
        if (old) {
            bindings.replace(now);
        } else {
            bindings.insert(now);
        }
    }

    void change_participant(RoomRecord& room) {
        auto& participants = room.contents.participants;
        const auto& id = any_of(random_, people);
        if (participants.contains(id)) {
            directory_.remove_participant(room, room.row->status, id);
            participants.erase(id);
        } else {
            directory_.add_participant(room, room.row->status, id);
            participants.insert(std::make_shared<const Participant>(
                Participant{.id = id, .room_id = room.id, .channel_id = "c1"}));
        }
    }

    template <typename Matches>
    std::vector<std::string> expected(const Matches& matches) const {
        std::vector<std::string> ids;
        for (const auto& room : rooms_) {
            if (matches(*room)) ids.push_back(room->id);
        }
        return ids;
    }

    template <typename Found>
    static std::vector<std::string> ids_of(const Found& found) {
        std::vector<std::string> ids;
        for (const auto& room : found) ids.push_back(room->id);
        return ids;
    }

    void check_group(const RoomDirectory::Group& group) {
        const auto all = expected([&](const RoomRecord& room) {
            return (!group.organization_id || room.row->organization_id == group.organization_id) &&
                   (!group.status || room.row->status == group.status);
        });
        REQUIRE(ids_of(directory_.page(group, 0, 1000)) == all);
        const auto offset = random_() % (all.size() + 2);
        const auto limit = random_() % 4;
        const auto page = directory_.page(group, offset, limit);
        const auto from = all.begin() + static_cast<std::ptrdiff_t>(std::min(offset, all.size()));
        const auto size = std::min<std::size_t>(limit, static_cast<std::size_t>(all.end() - from));
        REQUIRE(ids_of(page) == std::vector(from, from + static_cast<std::ptrdiff_t>(size)));
        if (page.empty()) return;
        const std::vector rest(from + static_cast<std::ptrdiff_t>(size), all.end());
        REQUIRE(ids_of(directory_.page_after(group, RoomOrder::key(page.back().get()), 1000)) ==
                rest);
    }

    void check_channel(const std::string& channel, std::optional<RoomStatus> status) {
        auto all = expected([&](const RoomRecord& room) {
            return (!status || room.row->status == *status) &&
                   room.contents.bindings.contains(channel);
        });
        REQUIRE(directory_.channel_rooms(channel, status, 1000) == all);
        all.resize(std::min<std::size_t>(all.size(), 2));
        REQUIRE(directory_.channel_rooms(channel, status, 2) == all);
        REQUIRE(directory_.channel_rooms(channel, status, 0).empty());
    }

    void check_latest(const std::string& person,
                      const std::optional<ChannelType>& type,
                      std::optional<RoomStatus> status) {
        const auto all = expected([&](const RoomRecord& room) {
            if (status && room.row->status != *status) return false;
            if (room.contents.participants.contains(person)) return true;
            return std::ranges::any_of(room.contents.bindings.list(), [&](const auto& binding) {
                return binding->participant_id == person &&
                       (!type || binding->channel_type == *type);
            });
        });
        const auto found = directory_.latest(person, type, status);
        REQUIRE((found.room != nullptr) == !all.empty());
        if (!found.room) return;
        REQUIRE(found.room->id == all.back());
        REQUIRE(found.directory_version == found.room->directory_version);
    }

    std::mt19937 random_;
    int count_ = 0;
    RoomDirectory directory_;
    std::vector<std::shared_ptr<RoomRecord>> rooms_;
};

}  // namespace

TEST_CASE("a room directory agrees with a list of rooms under random changes") {
    for (unsigned seed = 1; seed <= 10; ++seed) {
        INFO("seed " << seed);
        RandomRooms rooms(seed);
        for (int step = 0; step < 300; ++step) {
            rooms.change();
            if (step % 5 == 0) rooms.check();
        }
        rooms.check();
    }
}

TEST_CASE("channel_rooms with more rooms than one batch returns each once and in order") {
    RoomDirectory directory;
    std::vector<std::shared_ptr<RoomRecord>> rooms;
    for (std::size_t i = 0; i < 2 * RoomDirectory::max_chunk + 300; ++i) {
        // Three rooms per descending time: the order is neither the loop's nor that of the ids.
        const auto time = 10'000 - static_cast<std::int64_t>(i / 3);
        rooms.push_back(std::make_shared<RoomRecord>("r" + std::to_string(i * 7919 % 10'000),
                                                     Timestamp{std::chrono::microseconds{time}}));
        const auto status = i % 4 == 0 ? RoomStatus::closed : RoomStatus::active;
        directory.add(*rooms.back(), {.organization_id = {}, .status = status});
        const ChannelBinding binding{.channel_id = "c1", .channel_type = "sms"};
        directory.exchange_binding(*rooms.back(), status, nullptr, &binding);
    }
    std::vector<std::string> all;
    std::vector<std::string> active;
    auto ordered = rooms;
    std::ranges::sort(ordered, {}, [](const auto& room) { return RoomOrder::key(room.get()); });
    for (const auto& room : ordered) {
        all.push_back(room->id);
        const auto place = std::ranges::find(rooms, room) - rooms.begin();
        if (place % 4 != 0) active.push_back(room->id);
    }
    CHECK(directory.channel_rooms("c1", {}, 1'000'000) == all);
    CHECK(directory.channel_rooms("c1", RoomStatus::active, 1'000'000) == active);
    all.resize(RoomDirectory::max_chunk + 1);
    CHECK(directory.channel_rooms("c1", {}, all.size()) == all);
    all.pop_back();
    CHECK(directory.channel_rooms("c1", {}, all.size()) == all);
}
