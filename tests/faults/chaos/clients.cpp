#include "faults/chaos/clients.hpp"

#include <map>
#include <memory>
#include <optional>
#include <utility>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include "support/builders.hpp"

namespace roomstore::chaos {

namespace {

using namespace std::chrono_literals;
using test::Ending;

asio::awaitable<void> pause(std::chrono::milliseconds time) {
    asio::steady_timer timer(co_await asio::this_coro::executor, time);
    std::error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

/// A call that is cancelled after some time, unless it has completed by then.
template <typename T>
class Attempt {
public:
    explicit Attempt(const asio::any_io_executor& executor)
        : ended_(executor, asio::steady_timer::time_point::max()), cancel_(executor) {}

    asio::awaitable<Ending<T>> run(asio::awaitable<T> call,
                                   std::optional<std::chrono::milliseconds> cancel_after) {
        auto completed = [this](const std::exception_ptr& failure, T value) {
            if (failure) {
                ending_.fail(failure);
            } else {
                ending_.result.emplace(std::move(value));
            }
            done_ = true;
            cancel_.cancel();
            ended_.cancel();
        };
        const auto executor = ended_.get_executor();
        asio::co_spawn(executor,
                       std::move(call),
                       asio::bind_cancellation_slot(signal_.slot(), std::move(completed)));
        if (cancel_after && !done_) {
            cancel_.expires_after(*cancel_after);
            std::error_code early;
            co_await cancel_.async_wait(asio::redirect_error(asio::use_awaitable, early));
            if (!done_) {
                cancelled_at = now();
                signal_.emit(asio::cancellation_type::terminal);
            }
        }
        std::error_code ignored;
        if (!done_) {
            co_await ended_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        }
        co_return std::move(ending_);
    }

    Instant cancelled_at = 0;

private:
    asio::cancellation_signal signal_;
    asio::steady_timer ended_;
    asio::steady_timer cancel_;
    Ending<T> ending_;
    bool done_ = false;
};

struct Operation {
    std::string room_id;
    std::size_t events = 1;
    bool alone = true;  // by add_event_auto_index
    bool redeliver = false;
    std::optional<std::chrono::milliseconds> cancel_after{};
    bool repeat_refused = false;
    bool repeat_unknown = true;
    std::chrono::milliseconds pause{};
    std::uint64_t choice = 0;
};

Operation draw_operation(std::uint64_t seed, const std::string& name, std::uint64_t count) {
    Draw draw(seed, name, count);
    Operation operation;
    operation.room_id = room_name(draw.number(0, room_count - 1));
    const auto kind = draw.number(1, 100);
    operation.redeliver = kind <= 6;
    operation.alone = kind <= 80;
    if (!operation.alone) operation.events = static_cast<std::size_t>(draw.number(1, 6));
    if (draw.chance(15)) operation.cancel_after = draw.time(0, 20);
    operation.repeat_refused = draw.chance(50);
    operation.repeat_unknown = draw.chance(90);
    operation.pause = draw.time(2, 40);
    operation.choice = static_cast<std::uint64_t>(draw.number(0, 1'000'000));
    return operation;
}

class Writer {
public:
    Writer(Shared& shared, const StoreUnderTest& under_test, std::string name)
        : shared_(shared), under_test_(under_test), name_(std::move(name)) {}

    asio::awaitable<void> run() {
        for (std::uint64_t count = 0; !shared_.stop; ++count) {
            const auto operation = draw_operation(shared_.seed, name_, count);
            if (operation.redeliver && !stored_.empty()) {
                co_await redeliver(operation);
            } else {
                co_await append(operation, name_ + '-' + std::to_string(count));
            }
            co_await pause(operation.pause);
        }
    }

private:
    struct Stored {
        std::string room_id;
        std::string event_id;
        std::int64_t index;
    };
    using Events = std::vector<RoomEvent>;

    static asio::awaitable<Events> alone(ConversationStore& store, RoomEvent event) {
        const auto room_id = event.room_id;
        auto stored = co_await store.add_event_auto_index(room_id, std::move(event));
        Events events;
        events.push_back(std::move(stored));
        co_return events;
    }

    asio::awaitable<Ending<Events>> attempt(const Operation& operation,
                                            Events events,
                                            bool may_be_cancelled,
                                            bool repeats_unknown) {
        Call call{.store = under_test_.number, .deadline = under_test_.deadline};
        call.repeats_unknown = repeats_unknown;
        auto& store = under_test_.store;
        auto appended =
            operation.alone
                ? alone(store, std::move(events.front()))
                : store.append_events(operation.room_id, std::move(events), AppendOptions{});
        Attempt<Events> attempt(co_await asio::this_coro::executor);
        const auto cancel_after = may_be_cancelled ? operation.cancel_after : std::nullopt;
        call.invoked_at = now();
        auto running = attempt.run(std::move(appended), cancel_after);
        auto ending = co_await std::move(running);
        call.answered_at = now();
        call.cancelled_at = attempt.cancelled_at;
        call.outcome = outcome_of(ending);
        call.queue_was_full = ending.text.find("the queue is full") != std::string::npos;
        note(call, ending.code, ending.text);
        co_return ending;
    }

    void note(const Call& call, const std::error_code& code, const std::string& text) {
        shared_.journal.add(call);
        if (call.outcome == Outcome::ok) {
            shared_.last_success.at(static_cast<std::size_t>(call.store)) = call.answered_at;
        } else if (call.outcome == Outcome::aborted) {
            ++shared_.aborted;
        } else if (call.outcome == Outcome::unexpected) {
            shared_.journal.violation(name_ + " was told: " + code.message() + ": " + text);
        }
    }

    asio::awaitable<void> append(Operation operation, std::string id) {
        Events events;
        for (std::size_t i = 0; i < operation.events; ++i) {
            events.push_back(make_chaos_event(operation.room_id, id + '.' + std::to_string(i)));
        }
        auto first_unknown = std::optional<Instant>();
        auto invoked_at = now();
        for (const auto& event : events) {
            shared_.journal.begin(operation.room_id, event.id, invoked_at);
        }
        for (bool first = true;; first = false) {
            // A refused attempt stores nothing: only this attempt, or an earlier one whose outcome
            // was unknown, can have stored the events.
            const auto began = now();
            invoked_at = first_unknown.value_or(began);
            auto attempted = attempt(operation, events, first, first_unknown.has_value());
            const auto ending = co_await std::move(attempted);
            if (ending.result) {
                keep(operation, events, *ending.result, invoked_at);
                co_return;
            }
            const bool unknown = outcome_of(ending) == Outcome::commit_unknown;
            if (unknown && !first_unknown) first_unknown = began;
            const bool again = first_unknown ? operation.repeat_unknown : operation.repeat_refused;
            if (!again || (shared_.stop && !first_unknown)) break;
            co_await pause(20ms);
        }
        for (const auto& event : events) {
            const auto outcome =
                first_unknown ? test::AppendOutcome::unknown : test::AppendOutcome::refused;
            end(event, invoked_at, outcome, -1);
        }
    }

    void keep(const Operation& operation,
              const Events& asked,
              const Events& stored,
              Instant invoked_at) {
        if (stored.size() != asked.size()) {
            shared_.journal.violation(asked.front().id +
                                      ": the answer has another number of events");
            return;
        }
        for (std::size_t i = 0; i < asked.size(); ++i) {
            if (stored[i].id != asked[i].id ||
                stored[i].index != stored[0].index + std::int64_t(i)) {
                shared_.journal.violation(asked[i].id + ": stored as " + stored[i].id + " at " +
                                          std::to_string(stored[i].index));
            }
            end(asked[i], invoked_at, test::AppendOutcome::stored, stored[i].index);
            stored_.push_back({operation.room_id, stored[i].id, stored[i].index});
        }
        shared_.acknowledged += asked.size();
    }

    void end(const RoomEvent& event,
             Instant invoked_at,
             test::AppendOutcome outcome,
             std::int64_t index) {
        test::AppendRecord record{.room_id = event.room_id, .event_id = event.id};
        record.invoked_at = invoked_at;
        record.answered_at = now();
        record.outcome = outcome;
        record.index = index;
        record.digest = test::digest_of(event);
        shared_.journal.end(std::move(record));
    }

    // Appends a stored event again, as a client does that has lost the first answer.
    asio::awaitable<void> redeliver(Operation operation) {
        const auto known = stored_[operation.choice % stored_.size()];
        operation.room_id = known.room_id;
        operation.alone = true;
        Events events;
        events.push_back(make_chaos_event(known.room_id, known.event_id));
        auto attempted = attempt(operation, std::move(events), true, false);
        const auto ending = co_await std::move(attempted);
        if (!ending.result) co_return;
        ++shared_.redelivered;
        const auto& again = ending.result->front();
        if (again.id != known.event_id || again.index != known.index) {
            shared_.journal.violation(known.event_id + " at " + std::to_string(known.index) +
                                      ", delivered again, was answered with " + again.id + " at " +
                                      std::to_string(again.index));
        }
    }

    Shared& shared_;
    const StoreUnderTest under_test_;
    const std::string name_;
    std::vector<Stored> stored_;
};

class Reader {
public:
    Reader(Shared& shared, const StoreUnderTest& under_test, int client)
        : shared_(shared), under_test_(under_test), client_(client) {}

    asio::awaitable<void> run() {
        for (std::uint64_t count = 0; !shared_.stop; ++count) {
            Draw draw(shared_.seed, "reader " + std::to_string(client_), count);
            co_await poll(room_name(draw.number(0, room_count - 1)));
            co_await pause(draw.time(100, 300));
        }
    }

private:
    asio::awaitable<void> poll(std::string room_id) {
        constexpr std::int64_t limit = 500;
        auto seen = seen_[room_id];
        test::PollRecord record{.client = client_, .room_id = room_id, .invoked_at = now()};
        record.known = seen.events;
        for (bool more = true; more;) {
            EventQuery query{.limit = limit};
            if (seen.events > 0) query.after_index = seen.last_index;
            Call call{.store = under_test_.number, .deadline = under_test_.deadline};
            Attempt<std::vector<RoomEvent>> attempt(co_await asio::this_coro::executor);
            call.invoked_at = now();
            auto listed = under_test_.store.list_events(room_id, std::move(query));
            auto running = attempt.run(std::move(listed), std::nullopt);
            const auto ending = co_await std::move(running);
            call.answered_at = now();
            call.outcome = outcome_of(ending);
            call.queue_was_full = ending.text.find("the queue is full") != std::string::npos;
            shared_.journal.add(call);
            if (call.outcome == Outcome::unexpected || call.outcome == Outcome::commit_unknown) {
                shared_.journal.violation("a reader was told: " + ending.text);
            }
            if (!ending.result) co_return;
            for (const auto& event : *ending.result) {
                record.seen.emplace_back(event.index, event.id);
            }
            if (!record.seen.empty()) seen.last_index = record.seen.back().first;
            seen.events = record.known + record.seen.size();
            more = ending.result->size() == limit;
        }
        record.answered_at = now();
        shared_.journal.add(std::move(record));
        seen_[room_id] = seen;
    }

    Shared& shared_;
    const StoreUnderTest under_test_;
    const int client_;
    /// What this client has seen of a room.
    struct Seen {
        std::size_t events = 0;
        std::int64_t last_index = -1;
    };
    std::map<std::string, Seen> seen_;
};

}  // namespace

Draw::Draw(std::uint64_t seed, std::string_view who, std::uint64_t count) {
    std::vector<std::uint32_t> mixed;
    for (const auto part : {seed, count}) {
        mixed.push_back(static_cast<std::uint32_t>(part));
        mixed.push_back(static_cast<std::uint32_t>(part >> 32U));
    }
    for (const char c : who) mixed.push_back(static_cast<unsigned char>(c));
    std::seed_seq sequence(mixed.begin(), mixed.end());
    random_.seed(sequence);
}

std::int64_t Draw::number(std::int64_t low, std::int64_t high) {
    // Not a standard distribution: implementations give different numbers.
    const auto range = static_cast<std::uint64_t>(high - low) + 1;
    return low + static_cast<std::int64_t>(random_() % range);
}

RoomEvent make_chaos_event(const std::string& room_id, const std::string& event_id) {
    return test::make_event({.id = event_id, .room_id = room_id, .body = "event " + event_id});
}

std::string room_name(std::int64_t number) { return "room-" + std::to_string(number); }

asio::awaitable<void> write(Shared& shared, StoreUnderTest under_test, std::string name) {
    Writer writer(shared, under_test, std::move(name));
    co_await writer.run();
}

asio::awaitable<void> read(Shared& shared, StoreUnderTest under_test, int client) {
    Reader reader(shared, under_test, client);
    co_await reader.run();
}

}  // namespace roomstore::chaos
