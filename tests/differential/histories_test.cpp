// Many callers at once on one backend; afterwards, whether what each of them was told can have
// happened in one order.

#include <atomic>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include <asio/awaitable.hpp>
#include <catch2/catch_test_macros.hpp>

#include "contract/harness.hpp"
#include "support/history.hpp"
#include "support/run.hpp"

namespace {

using namespace roomstore;
using namespace roomstore::test;

constexpr int callers = 24;
constexpr int steps = 60;
constexpr int threads = 4;

const std::vector<std::string>& room_ids() {
    static const std::vector<std::string> ids{"one", "two", "three"};
    return ids;
}

/// What the callers share. Each of its parts may be used from any thread.
struct Scene {
    std::shared_ptr<ConversationStore> store;
    LogicalClock clock;
    History history;
    std::mutex mutex;
    std::map<std::string, std::vector<std::string>> patched_keys;
    std::vector<std::string> complaints;

    void complain(std::string what) {
        const std::lock_guard lock(mutex);
        complaints.push_back(std::move(what));
    }
};

class Caller {
public:
    Caller(Scene& scene, int number, unsigned seed)
        : scene_(scene), number_(number), random_(seed) {}

    asio::awaitable<void> live() {
        for (int step = 0; step < steps; ++step) {
            const auto room_id = room_ids()[random_() % room_ids().size()];
            switch (random_() % 6) {
                case 0:
                    co_await poll(room_id);
                    break;
                case 1:
                    co_await patch(room_id, step);
                    break;
                case 2:
                    co_await mark(room_id);
                    break;
                default:
                    co_await append(room_id, step);
            }
        }
    }

private:
    asio::awaitable<void> append(std::string room_id, int step) {
        RoomEvent event{.id = name() + "-" + std::to_string(step), .room_id = room_id};
        event.source = {.channel_id = name(), .channel_type = ChannelType::websocket};
        event.content = TextContent{event.id};
        AppendRecord record{.room_id = room_id, .event_id = event.id, .digest = digest_of(event)};
        record.invoked_at = scene_.clock.tick();
        const auto stored = co_await scene_.store->add_event_auto_index(room_id, event);
        record.answered_at = scene_.clock.tick();
        record.outcome = AppendOutcome::stored;
        record.index = stored.index;
        // A repetition must be told the same, however much has happened since.
        if (random_() % 4 == 0) {
            const auto again = co_await scene_.store->add_event_auto_index(room_id, event);
            if (again != stored) scene_.complain(event.id + " is told otherwise when repeated");
        }
        scene_.history.add(std::move(record));
    }

    asio::awaitable<void> poll(std::string room_id) {
        PollRecord record{.client = number_, .room_id = room_id};
        record.invoked_at = scene_.clock.tick();
        const auto events = co_await scene_.store->list_events(room_id, {.limit = 100'000});
        record.answered_at = scene_.clock.tick();
        for (const auto& event : events) record.seen.emplace_back(event.index, event.id);
        scene_.history.add(std::move(record));
    }

    asio::awaitable<void> patch(std::string room_id, int step) {
        const auto key = name() + "-" + std::to_string(step);
        // Not in the call itself: GCC 12 does not compile initializer lists there.
        Json change = Json::object();
        change[key] = step;
        const auto room =
            co_await scene_.store->patch_room_metadata(room_id, std::move(change), {});
        if (!room || !room->metadata.contains(key)) scene_.complain(key + " is not in the answer");
        const std::lock_guard lock(scene_.mutex);
        scene_.patched_keys[room_id].push_back(key);
    }

    /// Every caller moves the same marker; each must see it move forward only.
    asio::awaitable<void> mark(std::string room_id) {
        const auto events =
            co_await scene_.store->list_events(room_id, {.limit = 1, .newest_first = true});
        if (events.empty()) co_return;
        co_await scene_.store->mark_read(room_id, "shared", events.front().id);
        const auto markers = co_await scene_.store->list_read_markers(room_id);
        const auto marker = markers.at("shared");
        auto& seen = last_marker_[room_id];
        if (marker < events.front().index) scene_.complain("a marker is below what was marked");
        if (marker < seen) scene_.complain("a marker moved back");
        seen = std::max(seen, marker);
    }

    std::string name() const { return "caller" + std::to_string(number_); }

    Scene& scene_;
    int number_;
    std::mt19937 random_;
    std::map<std::string, std::int64_t> last_marker_;
};

asio::awaitable<void> judge(Scene& scene, std::vector<std::string>& violations) {
    std::map<std::string, std::vector<RoomEvent>> final_events;
    for (const auto& room_id : room_ids()) {
        final_events[room_id] = co_await scene.store->list_events(room_id, {.limit = 100'000});
        const auto room = co_await scene.store->get_room(room_id);
        for (const auto& key : scene.patched_keys[room_id]) {
            if (!room->metadata.contains(key)) violations.push_back("patch " + key + " is lost");
        }
        const auto stored = static_cast<std::int64_t>(final_events[room_id].size());
        if (room->event_count != stored) violations.push_back(room_id + ": the tally is off");
        if (stored > 0 && room->latest_index != stored - 1) {
            violations.push_back(room_id + ": latest_index is off");
        }
    }
    for (auto& violation : check_history(scene.history, final_events)) {
        violations.push_back(std::move(violation));
    }
    for (auto& complaint : scene.complaints) violations.push_back(std::move(complaint));
}

}  // namespace

TEST_CASE("what concurrent callers are told can have happened in one order", "[concurrency]") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    const auto backend = contract::make_backend();
    Scene scene;
    scene.store = backend->make_store({});
    run(scene.store->init());
    for (const auto& room_id : room_ids()) run(scene.store->create_room({.id = room_id}));

    std::vector<Caller> cast;
    for (int i = 0; i < callers; ++i) cast.emplace_back(scene, i, seed + static_cast<unsigned>(i));
    std::vector<asio::awaitable<void>> lives;
    for (auto& caller : cast) lives.push_back(caller.live());
    run_all(std::move(lives), threads);

    std::vector<std::string> violations;
    run(judge(scene, violations));
    CHECK(violations == std::vector<std::string>{});
    // Without collisions the test would prove nothing.
    CHECK(scene.history.appends().size() > 300);
    CHECK(scene.history.polls().size() > 50);
    run(scene.store->close());
}
