// Stores with one concurrency fault each: the checks must find every one.

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <catch2/catch_test_macros.hpp>

#include "differential/histories.hpp"
#include "differential/registers.hpp"
#include "roomstore/decorators/forwarding_store.hpp"
#include "roomstore/memory/in_memory_store.hpp"
#include "support/run.hpp"

namespace {

using namespace roomstore;
using namespace roomstore::test;

/// Reads the room, changes it, writes it back: of two concurrent patches, one is lost.
class LosesPatches final : public ForwardingStore {
public:
    using ForwardingStore::ForwardingStore;

    asio::awaitable<std::optional<Room>>
    patch_room_metadata(std::string room_id, Json patch, std::vector<std::string> unset) override {
        auto room = co_await inner().get_room(room_id);
        if (!room) co_return std::nullopt;
        const auto executor = co_await asio::this_coro::executor;
        co_await asio::post(executor, asio::use_awaitable);
        for (const auto& key : unset) room->metadata.erase(key);
        for (const auto& [key, value] : patch.items()) room->metadata[key] = value;
        co_return co_await inner().update_room(std::move(*room));
    }
};

/// Applies a patch key by key: other callers see half of it.
class SplitsPatches final : public ForwardingStore {
public:
    using ForwardingStore::ForwardingStore;

    asio::awaitable<std::optional<Room>>
    patch_room_metadata(std::string room_id, Json patch, std::vector<std::string> unset) override {
        const auto executor = co_await asio::this_coro::executor;
        const std::vector<std::string> nothing;
        for (const auto& [key, value] : patch.items()) {
            Json one = Json::object();
            one[key] = value;
            co_await inner().patch_room_metadata(room_id, one, nothing);
            co_await asio::post(executor, asio::use_awaitable);
        }
        co_return co_await inner().patch_room_metadata(room_id, std::move(patch), std::move(unset));
    }
};

/// A marker has the value that was set last, even if it is lower than before.
class MovesMarkersBack final : public ForwardingStore {
public:
    using ForwardingStore::ForwardingStore;

    asio::awaitable<void> mark_read(std::string room_id,
                                    std::string channel_id,
                                    std::string event_id) override {
        const auto event = co_await inner().get_event(room_id, event_id);
        const std::lock_guard lock(mutex_);
        markers_[room_id][channel_id] = event->index;
    }
    asio::awaitable<void> mark_all_read(std::string room_id, std::string channel_id) override {
        const auto events =
            co_await inner().list_events(room_id, {.limit = 1, .newest_first = true});
        if (events.empty()) co_return;
        const std::lock_guard lock(mutex_);
        auto& marker = markers_[room_id].try_emplace(channel_id, -1).first->second;
        marker = std::max(marker, events.front().index);
    }
    asio::awaitable<std::map<std::string, std::int64_t>> list_read_markers(
        std::string room_id) override {
        const std::lock_guard lock(mutex_);
        co_return markers_[room_id];
    }

private:
    std::mutex mutex_;
    std::map<std::string, std::map<std::string, std::int64_t>> markers_;
};

/// Now and then returns the index of the previous event.
class DuplicatesIndexes final : public ForwardingStore {
public:
    using ForwardingStore::ForwardingStore;

    asio::awaitable<RoomEvent> add_event_auto_index(std::string room_id, RoomEvent event) override {
        auto stored = co_await inner().add_event_auto_index(std::move(room_id), std::move(event));
        if (++appends_ % 50 == 0 && stored.index > 0) --stored.index;
        co_return stored;
    }

private:
    std::atomic<int> appends_{0};
};

/// Stores a batch event by event: other events are stored in between.
class SplitsBatches final : public ForwardingStore {
public:
    using ForwardingStore::ForwardingStore;

    asio::awaitable<std::vector<RoomEvent>> append_events(std::string room_id,
                                                          std::vector<RoomEvent> events,
                                                          AppendOptions) override {
        const auto executor = co_await asio::this_coro::executor;
        std::vector<RoomEvent> stored;
        for (const auto& event : events) {
            stored.push_back(co_await inner().add_event_auto_index(room_id, event));
            co_await asio::post(executor, asio::use_awaitable);
        }
        co_return stored;
    }
};

/// Stores every event, whatever its key.
class ForgetsKeys final : public ForwardingStore {
public:
    using ForwardingStore::ForwardingStore;

    asio::awaitable<RoomEvent> add_event_auto_index(std::string room_id, RoomEvent event) override {
        event.idempotency_key.reset();
        co_return co_await inner().add_event_auto_index(std::move(room_id), std::move(event));
    }
};

template <typename WrongStore>
std::string complaints_about() {
    const auto store = std::make_shared<WrongStore>(std::make_shared<InMemoryStore>());
    run(store->init());
    CallCounts bustle;
    std::string all;
    for (const auto& violation : violations_of_callers(store, 1, bustle)) all += violation + "\n";
    return all;
}

bool mentions(const std::string& complaints, const std::string& what) {
    return complaints.find(what) != std::string::npos;
}

}  // namespace

TEST_CASE("a store with a concurrency fault is detected", "[concurrency]") {
    CHECK(mentions(complaints_about<LosesPatches>(), "or has been overwritten"));
    CHECK(mentions(complaints_about<SplitsPatches>(), "sees half a patch"));
    CHECK(mentions(complaints_about<MovesMarkersBack>(), "moved back"));
    CHECK(mentions(complaints_about<DuplicatesIndexes>(), "H1"));
    CHECK(mentions(complaints_about<SplitsBatches>(), "is not behind the event before it"));
    CHECK(mentions(complaints_about<ForgetsKeys>(), "events hold key"));
}

TEST_CASE("a read of a register returns any write that was not certainly overwritten") {
    const RegisterWrite first{{0, 3}, "first"};
    const RegisterWrite second{{2, 5}, "second"};
    const RegisterWrite removal{{6, 7}, std::nullopt};
    const auto complaints = [&](std::vector<RegisterRead> reads) {
        return check_register("x", {{first, second, removal}, std::move(reads)}).size();
    };
    CHECK(complaints({{{1, 1}, std::nullopt}, {{1, 2}, "first"}, {{4, 4}, "second"}}) == 0);
    // The two overlap: either may be the later one.
    CHECK(complaints({{{5, 6}, "first"}}) == 0);
    CHECK(complaints({{{8, 9}, std::nullopt}}) == 0);
    CHECK(complaints({{{8, 9}, "second"}}) == 1);
    CHECK(complaints({{{4, 4}, std::nullopt}}) == 1);
    CHECK(complaints({{{1, 1}, "second"}}) == 1);
    CHECK(complaints({{{4, 4}, "nobody's"}}) == 1);
}

TEST_CASE("of two successive reads of a register, the later does not return the older write") {
    const RegisterWrite first{{0, 1}, "first"};
    const RegisterWrite second{{2, 9}, "second"};
    const RegisterHistory back{{first, second}, {{{3, 4}, "second"}, {{5, 6}, "first"}}};
    const RegisterHistory forth{{first, second}, {{{3, 4}, "first"}, {{5, 6}, "second"}}};
    CHECK(check_register("x", back).size() == 1);
    CHECK(check_register("x", forth).empty());
}

TEST_CASE("a read of a marker returns what some call can have set, and never less than before") {
    const std::vector<MarkerRaise> raises{{{0, 1}, 3, 3}, {{2, 6}, 5, 7}};
    const auto complaints = [&](std::vector<MarkerRead> reads) {
        return check_marker("m", {raises, std::move(reads)}).size();
    };
    CHECK(complaints({{{0, 0}, -1}, {{2, 3}, 3}, {{4, 5}, 6}, {{7, 8}, 6}}) == 0);
    CHECK(complaints({{{2, 3}, -1}}) == 1);
    CHECK(complaints({{{3, 4}, 4}}) == 1);
    CHECK(complaints({{{3, 4}, 8}}) == 1);
    CHECK(complaints({{{3, 4}, 6}, {{5, 6}, 3}}) == 1);
    CHECK(complaints({{{7, 8}, 3}}) == 1);
}
