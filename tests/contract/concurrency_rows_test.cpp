#include <algorithm>
#include <functional>

#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include "contract/populated_store.hpp"
#include "support/populated.hpp"

/// Concurrent writes to rows other than events.
namespace roomstore::contract {

namespace {

constexpr int tasks = 64;
constexpr int threads = 4;

template <typename Make>
void race(Make make) {
    std::vector<asio::awaitable<void>> all;
    for (int task = 0; task < tasks; ++task) all.push_back(make(task));
    run_all(std::move(all), threads);
}

/// Awaits the call and stores its error code in `told`.
template <typename T>
asio::awaitable<void> attempt(asio::awaitable<T> call, std::error_code& told) {
    try {
        static_cast<void>(co_await std::move(call));
    } catch (const Error& error) {
        told = error.code();
    }
}

/// Checks that of 64 equal concurrent calls one succeeds and the others fail with `code`.
template <typename Call>
void one_wins(errc code, Call call) {
    std::vector<std::error_code> told(tasks);
    race([&](int task) { return attempt(call(task), told[static_cast<std::size_t>(task)]); });
    CHECK(std::count(told.begin(), told.end(), std::error_code{}) == 1);
    CHECK(std::count(told.begin(), told.end(), code) == tasks - 1);
}

}  // namespace

TEST_CASE("concurrent creations of one row: one succeeds, the others get already_exists",
          "[concurrency]") {
    const auto store = store_with_room();
    one_wins(errc::already_exists, [&](int task) {
        return store->create_room(sample_room({.id = "new", .created_at = at(task)}));
    });
    one_wins(errc::already_exists, [&](int task) {
        return store->create_identity({.id = "identity", .display_name = std::to_string(task)});
    });
    one_wins(errc::already_exists, [&](int task) {
        return store->add_task({.id = "task", .room_id = "room", .title = std::to_string(task)});
    });
    one_wins(errc::already_exists, [&](int task) {
        return store->add_observation({.id = "observation",
                                       .room_id = "room",
                                       .channel_id = "channel",
                                       .content = std::to_string(task)});
    });
    CHECK(run(store->list_rooms()).size() == 2);
    CHECK(run(store->list_tasks("room")).size() == 1);
    CHECK(run(store->list_observations("room")).size() == 1);
}

TEST_CASE("64 concurrent metadata patches are all applied", "[concurrency][rooms]") {
    const auto store = fresh_store();
    Json initial = Json::object();
    for (int task = 0; task < tasks; ++task) initial["old " + std::to_string(task)] = task;
    run(store->create_room(sample_room({.metadata = initial})));
    const auto patch = [](ConversationStore& target, int task) -> asio::awaitable<void> {
        for (int number = 0; number < 5; ++number) {
            const auto key = std::to_string(task) + "." + std::to_string(number);
            Json one = Json::object();
            one[key] = number;
            one["shared"] = task;
            std::vector<std::string> unset{"old " + std::to_string(task)};
            co_await target.patch_room_metadata("room", std::move(one), std::move(unset));
        }
    };
    race([&](int task) { return patch(*store, task); });
    auto metadata = run(store->get_room("room"))->metadata;
    CHECK(metadata.contains("shared"));
    metadata.erase("shared");
    Json expected = Json::object();
    for (int task = 0; task < tasks; ++task) {
        for (int number = 0; number < 5; ++number) {
            expected[std::to_string(task) + "." + std::to_string(number)] = number;
        }
    }
    CHECK(metadata == expected);
}

TEST_CASE("update_room with a stale copy does not rewind counters moved by concurrent appends",
          "[concurrency][rooms]") {
    const auto store = store_with_room();
    const auto append = [](ConversationStore& target, int task) -> asio::awaitable<void> {
        auto event = make_event({.id = std::to_string(task)});
        co_await target.add_event_auto_index("room", std::move(event));
    };
    const auto update = [](ConversationStore& target) -> asio::awaitable<void> {
        const auto stale = sample_room();
        for (int i = 0; i < 5; ++i) co_await target.update_room(stale);
    };
    race([&](int task) { return task % 2 == 0 ? append(*store, task) : update(*store); });
    CHECK(run(store->get_room("room"))->event_count == tasks / 2);
    CHECK(run(store->get_room("room"))->latest_index == tasks / 2 - 1);
    CHECK(run(store->add_event_auto_index("room", make_event())).index == tasks / 2);
}

TEST_CASE("concurrent add_binding of one channel makes one binding with one attached_at",
          "[concurrency][bindings]") {
    const auto store = store_with_room();
    const auto attach = [](ConversationStore& target,
                           int task,
                           std::optional<ChannelBinding>& told) -> asio::awaitable<void> {
        auto binding = full_binding();
        binding.attached_at = at(task);
        binding.visibility = std::to_string(task);
        told = co_await target.add_binding(binding);
    };
    std::vector<std::optional<ChannelBinding>> told(tasks);
    race([&](int task) { return attach(*store, task, told[static_cast<std::size_t>(task)]); });
    const auto bindings = run(store->list_bindings("room"));
    REQUIRE(bindings.size() == 1);
    CHECK(std::count(told.begin(), told.end(), bindings.front()) == 1);
    for (const auto& binding : told) {
        REQUIRE(binding);
        CHECK(binding->attached_at == bindings.front().attached_at);
    }
    CHECK(run(store->find_room_ids_by_channel("channel", {.limit = 100})) == Ids{"room"});
}

TEST_CASE("concurrent add_participant of one id makes one participant with one joined_at",
          "[concurrency][participants]") {
    const auto store = store_with_room();
    const auto join = [](ConversationStore& target,
                         int task,
                         std::optional<Participant>& told) -> asio::awaitable<void> {
        auto participant = full_participant();
        participant.joined_at = at(task);
        participant.display_name = std::to_string(task);
        told = co_await target.add_participant(participant);
    };
    std::vector<std::optional<Participant>> told(tasks);
    race([&](int task) { return join(*store, task, told[static_cast<std::size_t>(task)]); });
    const auto participants = run(store->list_participants("room"));
    REQUIRE(participants.size() == 1);
    CHECK(std::count(told.begin(), told.end(), participants.front()) == 1);
    for (const auto& participant : told) {
        REQUIRE(participant);
        CHECK(participant->joined_at == participants.front().joined_at);
    }
}

TEST_CASE("of concurrent advances of the delivery cursor to one index exactly one succeeds",
          "[concurrency][rooms]") {
    const auto store = store_with_room();
    const auto advance = [](ConversationStore& target,
                            std::vector<int>& moved) -> asio::awaitable<void> {
        for (std::int64_t index = 0; index < 10; ++index) {
            const bool mine = co_await target.advance_delivered_index("room", index);
            moved[static_cast<std::size_t>(index)] += mine ? 1 : 0;
        }
    };
    std::vector<std::vector<int>> moved(tasks, std::vector<int>(10));
    race([&](int task) { return advance(*store, moved[static_cast<std::size_t>(task)]); });
    // Each task tries every index in ascending order, so each index is taken exactly once.
    for (std::size_t index = 0; index < 10; ++index) {
        int count = 0;
        for (const auto& mine : moved) count += mine[index];
        CHECK(count == 1);
    }
    CHECK(run(store->get_delivered_index("room")) == 9);
}

TEST_CASE("lookups of members added during status changes use the final status of the room",
          "[concurrency][rooms]") {
    const auto store = store_with_room();
    const auto change = [](ConversationStore& target) -> asio::awaitable<void> {
        auto room = sample_room();
        for (int i = 0; i < 5; ++i) {
            room.status = i % 2 == 0 ? RoomStatus::paused : RoomStatus::active;
            co_await target.update_room(room);
        }
    };
    const auto join = [](ConversationStore& target, int task) -> asio::awaitable<void> {
        auto binding = full_binding();
        binding.channel_id = std::to_string(task);
        binding.participant_id.reset();
        co_await target.add_binding(binding);
        auto participant = full_participant();
        participant.id = std::to_string(task);
        co_await target.add_participant(participant);
    };
    race([&](int task) { return task % 4 == 0 ? change(*store) : join(*store, task); });
    const auto status = run(store->get_room("room"))->status;
    for (int task = 0; task < tasks; ++task) {
        if (task % 4 == 0) continue;
        const auto id = std::to_string(task);
        for (const auto wanted : {RoomStatus::active, RoomStatus::paused}) {
            const auto expected =
                wanted == status ? std::optional<std::string>("room") : std::nullopt;
            CHECK(run(store->find_room_id_by_channel(id, wanted)) == expected);
            const auto found = run(store->find_latest_room(id, {.status = wanted}));
            CHECK(found.has_value() == expected.has_value());
        }
        CHECK(run(store->find_latest_room(id)));
    }
}

TEST_CASE("concurrent link_address: exactly one identity holds and lists the address",
          "[concurrency][identities]") {
    const auto store = fresh_store();
    for (int task = 0; task < tasks; ++task) {
        run(store->create_identity({.id = std::to_string(task)}));
    }
    race([&](int task) {
        return store->link_address(std::to_string(task), ChannelType::sms, "address");
    });
    const auto holder = run(store->resolve_identity(ChannelType::sms, "address"));
    REQUIRE(holder);
    for (int task = 0; task < tasks; ++task) {
        const auto identity = run(store->get_identity(std::to_string(task)));
        REQUIRE(identity);
        CHECK(identity->channel_addresses.empty() == (identity->id != holder->id));
    }
}

TEST_CASE("concurrent relinking of addresses does not deadlock", "[concurrency][identities]") {
    const auto store = fresh_store();
    for (const auto* id : {"ada", "grace"}) run(store->create_identity({.id = id}));
    const auto swap = [](ConversationStore& target, int task) -> asio::awaitable<void> {
        for (int i = 0; i < 10; ++i) {
            std::string id = (task + i) % 2 == 0 ? "ada" : "grace";
            std::string address = task % 4 < 2 ? "one" : "two";
            co_await target.link_address(std::move(id), ChannelType::sms, std::move(address));
        }
    };
    race([&](int task) { return swap(*store, task); });
    for (const auto* address : {"one", "two"}) {
        const auto holder = run(store->resolve_identity(ChannelType::sms, address));
        REQUIRE(holder);
        const auto other = run(store->get_identity(holder->id == "ada" ? "grace" : "ada"));
        const auto lists = [&](const Identity& identity) {
            const auto type = identity.channel_addresses.find("sms");
            if (type == identity.channel_addresses.end()) return std::ptrdiff_t{0};
            return std::count(type->second.begin(), type->second.end(), address);
        };
        CHECK(lists(*holder) == 1);
        CHECK(lists(*other) == 0);
    }
}

TEST_CASE("a marker moved by concurrent calls is never seen moving back",
          "[concurrency][read_markers]") {
    const auto store = store_with_room();
    constexpr int each = 10;
    constexpr int last = tasks * each - 1;
    std::vector<RoomEvent> events;
    for (int i = 0; i <= last; ++i) events.push_back(make_event({.id = std::to_string(i)}));
    run(store->append_events("room", events));
    // In each round the first task sets the highest mark; the lower ones must not undo it.
    const auto mark = [](ConversationStore& target,
                         int task,
                         std::vector<std::int64_t>& seen) -> asio::awaitable<void> {
        const auto executor = co_await asio::this_coro::executor;
        for (int round = 0; round < each; ++round) {
            auto id = std::to_string(round * tasks + tasks - 1 - task);
            co_await target.mark_read("room", "channel", std::move(id));
            // Lets other tasks move the marker before this one reads it.
            co_await asio::post(executor, asio::use_awaitable);
            const auto markers = co_await target.list_read_markers("room");
            seen.push_back(markers.at("channel"));
        }
    };
    std::vector<std::vector<std::int64_t>> seen(tasks);
    race([&](int task) { return mark(*store, task, seen[static_cast<std::size_t>(task)]); });
    for (int task = 0; task < tasks; ++task) {
        const auto& markers = seen[static_cast<std::size_t>(task)];
        CHECK(std::is_sorted(markers.begin(), markers.end()));
        for (int round = 0; round < each; ++round) {
            REQUIRE(markers[static_cast<std::size_t>(round)] >= round * tasks + tasks - 1 - task);
        }
    }
    CHECK(run(store->list_read_markers("room")).at("channel") == last);
    CHECK(run(store->get_unread_count("room", "channel")) == 0);
}

TEST_CASE("a room deleted during concurrent writes leaves nothing behind", "[concurrency][rooms]") {
    for (int round = 0; round < 5; ++round) {
        const auto store = store_with_room();
        std::vector<std::error_code> told(tasks);
        std::vector<int> deleted(tasks);
        const auto remove = [](ConversationStore& target, int& gone) -> asio::awaitable<void> {
            gone = co_await target.delete_room("room") ? 1 : 0;
        };
        race([&](int task) -> asio::awaitable<void> {
            const auto place = static_cast<std::size_t>(task);
            const auto id = std::to_string(task);
            switch (task % 8) {
                case 0:
                    return remove(*store, deleted[place]);
                case 1:
                    return attempt(store->mark_all_read("room", id), told[place]);
                case 2:
                    return attempt(store->add_binding(full_binding()), told[place]);
                case 3:
                    return attempt(store->add_participant(full_participant()), told[place]);
                case 4:
                    return attempt(store->add_task({.id = id, .room_id = "room"}), told[place]);
                default:
                    return attempt(
                        store->add_event_auto_index("room", make_event({.id = id, .key = id})),
                        told[place]);
            }
        });
        CHECK(std::count(deleted.begin(), deleted.end(), 1) == 1);
        for (const auto& code : told) CHECK((!code || code == errc::not_found));
        run(store->create_room(sample_room()));
        const auto fresh = store_with_room();
        CHECK(dump(*store) == dump(*fresh));
        for (int task = 0; task < tasks; ++task) {
            CHECK(run(store->get_event(std::to_string(task))) == std::nullopt);
            CHECK(run(store->get_task(std::to_string(task))) == std::nullopt);
        }
        CHECK(run(store->find_room_ids_by_channel("channel")).empty());
        CHECK(run(store->find_latest_room("participant")) == std::nullopt);
    }
}

TEST_CASE("reads of a room during concurrent writes are consistent", "[concurrency][rooms]") {
    const auto store = store_with_room();
    const auto write = [](ConversationStore& target, int task) -> asio::awaitable<void> {
        for (int i = 0; i < 10; ++i) {
            auto event = make_event({.id = std::to_string(task) + "." + std::to_string(i)});
            co_await target.add_event_auto_index("room", std::move(event));
        }
    };
    const auto watch = [](ConversationStore& target, int& torn) -> asio::awaitable<void> {
        for (int i = 0; i < 20; ++i) {
            const auto context = co_await target.load_room_context("room");
            const auto count = context.room->event_count;
            if (count > 0 && context.room->latest_index != count - 1) ++torn;
            if (co_await target.get_event_count("room") < count) ++torn;
        }
    };
    std::vector<int> torn(tasks);
    race([&](int task) {
        return task % 4 == 0 ? watch(*store, torn[static_cast<std::size_t>(task)])
                             : write(*store, task);
    });
    CHECK(std::count(torn.begin(), torn.end(), 0) == tasks);
}

}  // namespace roomstore::contract
