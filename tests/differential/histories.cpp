#include "differential/histories.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <utility>

#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include "differential/registers.hpp"
#include "support/history.hpp"
#include "support/run.hpp"

namespace roomstore::test {

namespace {

constexpr int callers = 24;
constexpr int steps = 60;
constexpr int threads = 4;

const std::vector<std::string> room_ids{"one", "two", "three"};
constexpr const char* channel_id = "shared";
/// Shared by all callers: a patch sets both to the same value, or removes both.
constexpr const char* left_key = "left";
constexpr const char* right_key = "right";

using Place = std::pair<std::string, std::string>;

/// The metadata of a room, as read by a caller.
struct MetadataRead {
    Interval when{};
    Json metadata{};
    std::string reader{};
};

/// An append with a key that other callers use, too, and the event that it returned.
struct KeyAnswer {
    std::string attempted{};
    std::string returned{};
    std::int64_t index = 0;
};

/// State shared by the callers. Thread-safe.
class SharedState {
public:
    explicit SharedState(std::shared_ptr<ConversationStore> the_store)
        : store(std::move(the_store)) {}

    const std::shared_ptr<ConversationStore> store;
    LogicalClock clock;
    History history;

    template <typename Change>
    void note(Change change) {
        const std::lock_guard lock(mutex_);
        change(*this);
    }

    void complain(std::string what) {
        note([&](SharedState& scene) { scene.complaints.push_back(std::move(what)); });
    }

    /// Written only by `note`; read after all callers have ended.
    /// @{
    std::vector<std::string> complaints{};
    std::map<Place, std::vector<RegisterWrite>> patches{};
    std::map<std::string, std::vector<MetadataRead>> metadata_reads{};
    std::map<std::string, MarkerHistory> markers{};
    std::map<std::string, std::vector<Interval>> marks_of_all{};
    std::map<Place, std::vector<KeyAnswer>> key_answers{};
    CallCounts bustle{};
    /// @}

private:
    std::mutex mutex_;
};

class Caller {
public:
    Caller(SharedState& scene, int number, unsigned seed)
        : scene_(scene), number_(number), random_(seed) {}

    asio::awaitable<void> live() {
        const auto executor = co_await asio::this_coro::executor;
        for (step_ = 0; step_ < steps; ++step_) {
            const auto& room_id = room_ids[random_() % room_ids.size()];
            co_await take_step(room_id);
            // With a store that never suspends, the callers would otherwise run one by one.
            co_await asio::post(executor, asio::use_awaitable);
        }
    }

private:
    asio::awaitable<void> take_step(const std::string& room_id) {
        switch (random_() % 11) {
            case 0:
                return poll(room_id);
            case 1:
                return patch(room_id);
            case 2:
                return patch_pair(room_id);
            case 3:
                return read_metadata(room_id);
            case 4:
                return mark(room_id);
            case 5:
                return mark_all(room_id);
            case 6:
                return read_marker(room_id);
            case 7:
                return append_batch(room_id);
            case 8:
                return append_by_key(room_id);
            default:
                return append(room_id);
        }
    }

    Interval begin() { return {.invoked_at = scene_.clock.tick()}; }
    void end(Interval& when) { when.answered_at = scene_.clock.tick(); }

    RoomEvent event(const std::string& room_id, const std::string& suffix = "") const {
        RoomEvent event{.id = name() + "-" + std::to_string(step_) + suffix, .room_id = room_id};
        event.source = {.channel_id = name(), .channel_type = ChannelType::websocket};
        event.content = TextContent{event.id};
        return event;
    }

    /// Records that `event` was stored at `index`, or not stored.
    void record(const RoomEvent& event, const Interval& when, std::optional<std::int64_t> index) {
        AppendRecord record{
            .room_id = event.room_id, .event_id = event.id, .digest = digest_of(event)};
        record.invoked_at = when.invoked_at;
        record.answered_at = when.answered_at;
        record.outcome = index ? AppendOutcome::stored : AppendOutcome::refused;
        record.index = index.value_or(-1);
        scene_.history.add(std::move(record));
    }

    asio::awaitable<void> append(std::string room_id) {
        const auto given = event(room_id);
        auto when = begin();
        const auto stored = co_await scene_.store->add_event_auto_index(room_id, given);
        end(when);
        record(given, when, stored.index);
        // A repetition must return the same event, whatever has happened since.
        if (random_() % 4 != 0) co_return;
        const auto again = co_await scene_.store->add_event_auto_index(room_id, given);
        if (again != stored) scene_.complain(given.id + " gets another answer when repeated");
    }

    asio::awaitable<void> append_batch(std::string room_id) {
        std::vector<RoomEvent> given;
        const auto size = 2 + random_() % 3;
        for (std::size_t i = 0; i < size; ++i) {
            given.push_back(event(room_id, "-" + std::to_string(i)));
        }
        auto when = begin();
        const AppendOptions any_index;
        const auto stored = co_await scene_.store->append_events(room_id, given, any_index);
        end(when);
        if (stored.size() != size) {
            scene_.complain(given.front().id + ": the answer has another size than the batch");
            co_return;
        }
        for (std::size_t i = 0; i < size; ++i) {
            record(given[i], when, stored[i].index);
            if (stored[i].index != stored.front().index + static_cast<std::int64_t>(i)) {
                scene_.complain(given[i].id + " is not behind the event before it in its batch");
            }
        }
        scene_.note([](SharedState& scene) { ++scene.bustle.batches; });
        const auto again = co_await scene_.store->append_events(room_id, given, any_index);
        if (again != stored) {
            scene_.complain(given.front().id + ": the batch gets another answer when repeated");
        }
    }

    /// Several callers use the same key: the first one stores its event, which all of them get.
    asio::awaitable<void> append_by_key(std::string room_id) {
        auto given = event(room_id);
        const auto key = "key" + std::to_string(step_ / 6);
        given.idempotency_key = key;
        auto when = begin();
        const auto stored = co_await scene_.store->add_event_auto_index(room_id, given);
        end(when);
        const bool own = stored.id == given.id;
        record(given, when, own ? std::optional(stored.index) : std::nullopt);
        scene_.note([&](SharedState& scene) {
            scene.key_answers[{room_id, key}].push_back({given.id, stored.id, stored.index});
            if (!own) ++scene.bustle.answers_by_key;
        });
    }

    asio::awaitable<void> poll(std::string room_id) {
        PollRecord record{.client = number_, .room_id = room_id};
        record.invoked_at = scene_.clock.tick();
        const auto events = co_await scene_.store->list_events(room_id, {.limit = 10'000});
        record.answered_at = scene_.clock.tick();
        for (const auto& event : events) record.seen.emplace_back(event.index, event.id);
        scene_.history.add(std::move(record));
    }

    /// Sets or removes the key of this caller.
    asio::awaitable<void> patch(std::string room_id) { return change(room_id, {name()}); }

    /// Sets or removes the two shared keys.
    asio::awaitable<void> patch_pair(std::string room_id) {
        return change(room_id, {left_key, right_key});
    }

    asio::awaitable<void> change(std::string room_id, std::vector<std::string> keys) {
        RegisterWrite write;
        Json patch = Json::object();
        std::vector<std::string> unset;
        if (random_() % 4 == 0) {
            unset = keys;
        } else {
            write.value = name() + "-" + std::to_string(step_);
            for (const auto& key : keys) patch[key] = *write.value;
        }
        write.when = begin();
        auto room = co_await scene_.store->patch_room_metadata(room_id, patch, unset);
        end(write.when);
        if (!room) {
            scene_.complain(room_id + " is gone");
            co_return;
        }
        for (const auto& key : keys) {
            const bool there = room->metadata.contains(key);
            if (there != write.value.has_value() ||
                (there && room->metadata[key] != *write.value)) {
                scene_.complain(key + " is not in the answer as it was patched");
            }
        }
        scene_.note([&](SharedState& scene) {
            for (const auto& key : keys) scene.patches[{room_id, key}].push_back(write);
            scene.metadata_reads[room_id].push_back(
                {write.when, std::move(room->metadata), name() + "'s patch"});
        });
    }

    asio::awaitable<void> read_metadata(std::string room_id) {
        auto when = begin();
        auto room = co_await scene_.store->get_room(room_id);
        end(when);
        if (!room) co_return scene_.complain(room_id + " is gone");
        scene_.note([&](SharedState& scene) {
            scene.metadata_reads[room_id].push_back({when, std::move(room->metadata), name()});
        });
    }

    /// Marks any stored event, even one below the marker.
    asio::awaitable<void> mark(std::string room_id) {
        const auto events = co_await scene_.store->list_events(room_id, {.limit = 10'000});
        if (events.empty()) co_return;
        const auto& event = events[random_() % events.size()];
        auto when = begin();
        co_await scene_.store->mark_read(room_id, channel_id, event.id);
        end(when);
        scene_.note([&](SharedState& scene) {
            scene.markers[room_id].raises.push_back({when, event.index, event.index});
        });
        co_await read_marker(room_id);
    }

    asio::awaitable<void> mark_all(std::string room_id) {
        auto when = begin();
        co_await scene_.store->mark_all_read(room_id, channel_id);
        end(when);
        scene_.note([&](SharedState& scene) { scene.marks_of_all[room_id].push_back(when); });
        co_await read_marker(room_id);
    }

    asio::awaitable<void> read_marker(std::string room_id) {
        MarkerRead read{.when = begin()};
        const auto markers = co_await scene_.store->list_read_markers(room_id);
        end(read.when);
        if (const auto found = markers.find(channel_id); found != markers.end()) {
            read.value = found->second;
        }
        scene_.note([&](SharedState& scene) { scene.markers[room_id].reads.push_back(read); });
    }

    std::string name() const { return "caller" + std::to_string(number_); }

    SharedState& scene_;
    int number_;
    int step_ = 0;
    std::mt19937 random_;
};

/// Checks a scene after all callers have ended.
class HistoryChecker {
public:
    explicit HistoryChecker(SharedState& scene) : scene_(scene), violations_(scene.complaints) {}

    asio::awaitable<std::vector<std::string>> judge() {
        std::map<std::string, std::vector<RoomEvent>> final_events;
        for (const auto& room_id : room_ids) {
            final_events[room_id] = co_await scene_.store->list_events(room_id, {.limit = 10'000});
            const auto room = co_await scene_.store->get_room(room_id);
            if (!room) {
                violations_.push_back(room_id + " is gone");
                continue;
            }
            const auto markers = co_await scene_.store->list_read_markers(room_id);
            judge_counters(*room, final_events[room_id].size());
            judge_metadata(*room);
            judge_marker(room_id, markers);
            judge_keys(room_id, final_events[room_id]);
        }
        add(check_history(scene_.history, final_events));
        co_return violations_;
    }

private:
    void add(std::vector<std::string> found) {
        for (auto& violation : found) violations_.push_back(std::move(violation));
    }

    void judge_counters(const Room& room, std::size_t events) {
        const auto stored = static_cast<std::int64_t>(events);
        if (room.event_count != stored) violations_.push_back(room.id + ": event_count is wrong");
        if (stored > 0 && room.latest_index != stored - 1) {
            violations_.push_back(room.id + ": latest_index is wrong");
        }
    }

    void judge_metadata(const Room& room) {
        // A final read, after all calls.
        auto reads = scene_.metadata_reads[room.id];
        const auto now = scene_.clock.tick();
        reads.push_back({{now, scene_.clock.tick()}, room.metadata, "the final read"});
        std::set<std::string> keys{left_key, right_key};
        for (int i = 0; i < callers; ++i) keys.insert("caller" + std::to_string(i));
        for (const auto& read : reads) {
            for (const auto& [key, value] : read.metadata.items()) {
                if (!keys.contains(key)) violations_.push_back("no call patched " + key);
            }
            if (read.metadata.value(left_key, "") != read.metadata.value(right_key, "")) {
                violations_.push_back(room.id + ": " + read.reader + " sees half a patch");
            }
        }
        for (const auto& key : keys) {
            RegisterHistory history{.writes = scene_.patches[{room.id, key}]};
            for (const auto& read : reads) {
                RegisterRead seen{.when = read.when, .reader = read.reader};
                if (read.metadata.contains(key)) seen.value = read.metadata.value(key, "");
                history.reads.push_back(std::move(seen));
            }
            add(check_register(room.id + "." + key, history));
        }
    }

    void judge_marker(const std::string& room_id,
                      const std::map<std::string, std::int64_t>& markers) {
        auto history = scene_.markers[room_id];
        for (const auto& when : scene_.marks_of_all[room_id]) {
            // At least the appends answered before it began, at most those begun before it ended.
            MarkerRaise raise{when, -1, -1};
            for (const auto& append : scene_.history.appends()) {
                if (append.room_id != room_id || append.outcome != AppendOutcome::stored) continue;
                const Interval appended{append.invoked_at, append.answered_at};
                if (appended.precedes(when)) raise.lowest = std::max(raise.lowest, append.index);
                if (!when.precedes(appended)) raise.highest = std::max(raise.highest, append.index);
            }
            history.raises.push_back(raise);
        }
        const auto now = scene_.clock.tick();
        const auto found = markers.find(channel_id);
        history.reads.push_back({{now, scene_.clock.tick()},
                                 found == markers.end() ? std::int64_t{-1} : found->second});
        add(check_marker(room_id + "." + channel_id, history));
    }

    void judge_keys(const std::string& room_id, const std::vector<RoomEvent>& events) {
        for (const auto& [place, answers] : scene_.key_answers) {
            if (place.first != room_id) continue;
            const auto holders = std::ranges::count_if(events, [&](const RoomEvent& event) {
                return event.idempotency_key == place.second;
            });
            if (holders != 1) {
                violations_.push_back(room_id + ": " + std::to_string(holders) + " events hold " +
                                      place.second);
            }
            const auto& first = answers.front();
            for (const auto& answer : answers) {
                const bool attempted = std::ranges::any_of(answers, [&](const KeyAnswer& other) {
                    return other.attempted == answer.returned;
                });
                if (attempted && answer.returned == first.returned && answer.index == first.index) {
                    continue;
                }
                violations_.push_back(room_id + ": " + place.second + " returns " +
                                      answer.returned + " to one and " + first.returned +
                                      " to another");
            }
        }
    }

    SharedState& scene_;
    std::vector<std::string> violations_;
};

}  // namespace

std::vector<std::string> violations_of_callers(const std::shared_ptr<ConversationStore>& store,
                                               unsigned seed,
                                               CallCounts& bustle) {
    SharedState scene(store);
    for (const auto& room_id : room_ids) run(store->create_room({.id = room_id}));
    std::vector<Caller> cast;
    for (int i = 0; i < callers; ++i) cast.emplace_back(scene, i, seed + static_cast<unsigned>(i));
    std::vector<asio::awaitable<void>> lives;
    for (auto& caller : cast) lives.push_back(caller.live());
    run_all(std::move(lives), threads);

    HistoryChecker judge(scene);
    auto violations = run(judge.judge());
    bustle = scene.bustle;
    bustle.appends = scene.history.appends().size();
    bustle.polls = scene.history.polls().size();
    for (const auto& [room_id, marker] : scene.markers) bustle.marker_reads += marker.reads.size();
    for (const auto& [room_id, reads] : scene.metadata_reads) bustle.metadata_reads += reads.size();
    return violations;
}

}  // namespace roomstore::test
