#include "faults/live/writers.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <utility>

#include "support/builders.hpp"

namespace roomstore::test::live {

namespace {

// Few rooms at a time are changed, one after the other: a change that is the last one of its room
// for a long time must not be missed either.
constexpr int busy_rooms = 6;
constexpr int passes = 3;
constexpr std::size_t recent_events = 40;

struct Mine {
    std::string room;
    std::string id;
    int state = 0;
};

/// Whether a call has ended in doubt since this was made.
class Doubts {
public:
    explicit Doubts(const PostgresStore& store) : store_(store), before_(store.stats().doubts) {}
    bool any() const { return store_.stats().doubts != before_; }

private:
    const PostgresStore& store_;
    std::uint64_t before_;
};

/// A writer and the events that it has appended.
class Writer {
public:
    Writer(PostgresStore& store,
           int number,
           int enough,
           Counts& counts,
           std::set<EventState>& doubtful)
        : store_(store),
          number_(number),
          enough_(enough),
          counts_(counts),
          doubtful_(doubtful),
          random_(static_cast<unsigned>(number)) {}

    asio::awaitable<void> change() {
        const auto kind = random_() % 1000;
        errc failed{};
        try {
            if (kind < 450 || mine_.empty()) {
                co_await append();
            } else if (kind < 850) {
                co_await update();
            } else if (kind < 980) {
                co_await remove();
            } else if (kind < 990) {
                const auto room = own_room();
                const auto count = co_await store_.get_event_count(room);
                co_await store_.trim_room(room, count / 2);
                ++counts_.trimmed;
            } else {
                co_await recreate(own_room());
                counts_.recreated += 2;
            }
            ++counts_.changes;
        } catch (const Error& error) {
            failed = static_cast<errc>(error.code().value());
            // The room is being created again, or was trimmed; or the network was cut during
            // COMMIT.
            if (failed != errc::not_found && failed != errc::commit_unknown) throw;
        }
        if (failed == errc::commit_unknown) ++counts_.unknown;
        if (mine_.size() > 400) mine_.erase(mine_.begin(), mine_.begin() + 100);
    }

private:
    std::string busy_room() {
        const auto first =
            static_cast<std::int64_t>(counts_.changes) * passes * room_count / enough_;
        const auto some = static_cast<std::int64_t>(random_() % busy_rooms);
        return room_name(static_cast<int>((first + some) % room_count));
    }

    /// One of those that were appended last.
    std::size_t recent() {
        return mine_.size() - 1 - random_() % std::min(mine_.size(), recent_events);
    }

    std::string own_room() {
        const auto some = static_cast<int>(random_() % (room_count / writer_count));
        return room_name(number_ + writer_count * some);
    }

    asio::awaitable<void> append() {
        const auto room = busy_room();
        const auto count = 1 + random_() % 3;
        std::vector<RoomEvent> events;
        std::vector<std::string> ids;
        for (unsigned i = 0; i < count; ++i) {
            ids.push_back(std::to_string(number_) + '-' + std::to_string(made_++));
            events.push_back(make_event({.id = ids.back(), .room_id = room, .body = "0"}));
        }
        const AppendOptions options;
        co_await store_.append_events(room, std::move(events), options);
        for (auto& id : ids) mine_.push_back({.room = room, .id = std::move(id)});
        counts_.appended += static_cast<int>(count);
    }

    asio::awaitable<void> update() {
        auto& edited = mine_[recent()];
        const EventState state{edited.id, ++edited.state};
        auto event = make_event(
            {.id = edited.id, .room_id = edited.room, .body = std::to_string(edited.state)});
        const Doubts doubts(store_);
        co_await store_.update_event(std::move(event));
        if (doubts.any()) doubtful_.insert(state);
        ++counts_.updated;
    }

    asio::awaitable<void> remove() {
        const auto at = recent();
        const Mine gone = mine_[at];
        mine_.erase(mine_.begin() + static_cast<std::ptrdiff_t>(at));
        const auto ids = co_await store_.delete_event(gone.room, gone.id);
        counts_.deleted += static_cast<int>(ids.size());
    }

    /// Deletes the room and creates it again. If it is not known whether it was deleted, or
    /// created, it exists afterwards all the same.
    asio::awaitable<void> recreate(std::string room) {
        try {
            co_await store_.delete_room(room);
        } catch (const Error& error) {
            if (error.code() != errc::commit_unknown) throw;
            ++counts_.unknown;
        }
        for (;;) {
            try {
                auto again = sample_room({.id = room});
                co_await store_.create_room(std::move(again));
                co_return;
            } catch (const Error& error) {
                if (error.code() == errc::already_exists) co_return;
                if (error.code() != errc::commit_unknown) throw;
                ++counts_.unknown;
            }
        }
    }

    PostgresStore& store_;
    const int number_;
    const int enough_;
    Counts& counts_;
    std::set<EventState>& doubtful_;
    std::mt19937 random_;
    std::vector<Mine> mine_;
    int made_ = 0;
};

}  // namespace

std::string room_name(int number) { return "room-" + std::to_string(number); }

asio::awaitable<void> change_rooms(PostgresStore& store,
                                   int number,
                                   int enough,
                                   Counts& counts,
                                   std::set<EventState>& doubtful) {
    Writer writer(store, number, enough, counts, doubtful);
    while (counts.changes < enough) co_await writer.change();
}

}  // namespace roomstore::test::live
