#include "faults/simulation/checks.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "roomstore/model/json.hpp"
#include "sql/events/columns.hpp"
#include "support/history.hpp"

namespace roomstore::simulation {

using namespace std::chrono_literals;
using test::AppendOutcome;

namespace {

constexpr auto late = 250ms;
// The cut after a cancellation without effect, the answer without the worker, and the tolerance of
// all other calls.
constexpr auto cancelled_within = 1000ms + 100ms + late;
// Lost clients have been noticed, within a second, and delayed messages have arrived.
constexpr auto recovery = 1100ms;
constexpr auto prompt = 1s;
constexpr auto drain = 5s;

class Checks {
public:
    explicit Checks(const Simulation& simulation) : simulation_(simulation) {}

    std::vector<std::string> run() {
        for (const CallRecord& call : simulation_.calls()) {
            check_time(call);
            check_cancellation(call);
            check_code(call);
            check_unknown(call);
            check_liveliness(call);
            if (call.request->kind == Request::Kind::write_once) check_once(call);
        }
        check_history();
        check_rooms();
        check_keys();
        check_attempts();
        check_given_up();
        check_closings();
        return std::move(violations_);
    }

private:
    void violate(const char* rule, const std::string& who, const std::string& what) {
        violations_.push_back(std::string(rule) + ": " + who + ": " + what);
    }

    static std::string milliseconds(TimePoint::duration duration) {
        const auto count = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
        return std::to_string(count) + " ms";
    }

    static bool any_between(const std::vector<TimePoint>& moments,
                            TimePoint from,
                            TimePoint until) {
        return std::ranges::any_of(
            moments, [&](TimePoint moment) { return from <= moment && moment <= until; });
    }

    static bool was_closing(const CallRecord& call) {
        return any_between(call.process->closings, TimePoint::min(), call.ended);
    }
    static bool was_hopeless(const CallRecord& call) {
        return any_between(call.process->unretryable, call.began, call.ended);
    }

    void check_time(const CallRecord& call) {
        if (call.ended <= call.deadline() + late) return;
        violate("on_time",
                call.summary(),
                milliseconds(call.ended - call.deadline()) + " after its deadline");
    }

    /// Whether the process sent a COMMIT for the events or the token of the call between two ticks.
    bool committed(const CallRecord& call, std::uint64_t from, std::uint64_t until) const {
        const auto& request = *call.request;
        const auto is_its_own = [&](const SentCommit& sent) {
            if (sent.process != call.process || sent.at <= from || sent.at >= until) return false;
            if (request.kind == Request::Kind::write_once) return sent.what == request.token;
            return std::ranges::any_of(
                request.events, [&](const RoomEvent& event) { return event.id == sent.what; });
        };
        return std::ranges::any_of(simulation_.commits(), is_its_own);
    }

    /// False if a concurrent call of the same process appends the same events: a COMMIT cannot be
    /// attributed to either call then.
    bool is_alone(const CallRecord& call) const {
        return std::ranges::none_of(simulation_.calls(), [&](const CallRecord& other) {
            return &other != &call && other.process == call.process &&
                   other.request->kind == Request::Kind::append &&
                   call.request->kind == Request::Kind::append &&
                   other.request->events.front().id == call.request->events.front().id &&
                   other.invoked < call.answered && call.invoked < other.answered;
        });
    }

    void check_cancellation(const CallRecord& call) {
        if (call.aborted() && !call.cancelled) {
            violate("cancelled", call.summary(), "aborted without being cancelled");
        }
        if (!call.cancelled || !is_alone(call)) return;
        if (committed(call, call.invoked, call.cancelled_at)) return;
        if (committed(call, call.cancelled_at, call.answered)) {
            violate("cancelled", call.summary(), "committed after it had been cancelled");
        }
        if (call.ended > *call.cancelled + cancelled_within) {
            violate("cancelled",
                    call.summary(),
                    "ended " + milliseconds(call.ended - *call.cancelled) + " later");
        }
    }

    /// Whether a mishap explains the error of the call: one during the call, or an earlier one if
    /// no call has succeeded since, or if the call reached its deadline.
    bool has_cause(const CallRecord& call) const {
        const auto explains = [&](const Mishap& mishap) {
            return mishap.at <= call.ended && mishap.sqlstate == call.outcome.sqlstate &&
                   (mishap.room_id.empty() || mishap.room_id == call.request->room_id) &&
                   call.outcome.text.find(mishap.text) != std::string::npos &&
                   (mishap.at >= call.began || call.ended >= call.deadline() ||
                    !went_well(call, mishap.at));
        };
        return std::ranges::any_of(call.process->mishaps, explains);
    }

    /// Whether a call of the same process succeeded between `since` and the start of this one.
    bool went_well(const CallRecord& call, TimePoint since) const {
        return std::ranges::any_of(simulation_.calls(), [&](const CallRecord& other) {
            return other.process == call.process && other.success() && other.began > since &&
                   other.ended < call.began;
        });
    }

    /// Whether it reached its deadline after its connection, or a connection attempt, had been cut
    /// for another call whose deadline had passed.
    static bool was_left_without_time(const CallRecord& call) {
        const auto says = [&](const char* what) {
            return call.outcome.text.find(what) != std::string::npos;
        };
        return call.ended >= call.deadline() && (says(attempt_ended) || says(connection_cut));
    }

    /// Whether the calls of its process that ran or waited at the same time fill the queue.
    bool was_crowded(const CallRecord& call) const {
        std::size_t others = 0;
        std::size_t bytes = call.request->bytes;
        for (const CallRecord& other : simulation_.calls()) {
            if (&other == &call || other.process != call.process || other.began > call.ended ||
                other.ended < call.began) {
                continue;
            }
            ++others;
            bytes += other.request->bytes;
        }
        const auto& options = simulation_.options();
        if (call.outcome.text.find("queue_bytes") == std::string::npos) {
            return others >= options.queue_capacity;
        }
        return others > 0 && bytes > options.queue_bytes;
    }

    /// Whether the process lost the answer to a COMMIT while the call ran.
    static bool lost_commit(const CallRecord& call) {
        return std::ranges::any_of(call.process->mishaps, [&](const Mishap& mishap) {
            return mishap.in_doubt && call.began <= mishap.at && mishap.at <= call.ended;
        });
    }

    /// Whether a COMMIT of the call was sent, and its answer was lost or did not arrive in time.
    bool has_doubt(const CallRecord& call) const {
        return committed(call, call.invoked, call.answered) &&
               (lost_commit(call) || call.ended >= call.deadline() || was_closing(call));
    }

    void check_code(const CallRecord& call) {
        if (call.success() || call.aborted()) return;
        const auto accept = [&](bool accounted_for, const char* unless) {
            if (!accounted_for) violate("code", call.summary(), unless);
        };
        switch (call.outcome.code) {
            case errc::busy:
                accept(call.outcome.sqlstate.empty() ? was_crowded(call) : has_cause(call),
                       "neither a full queue nor a fault explains it");
                break;
            case errc::unavailable:
                accept(has_cause(call) || was_left_without_time(call), "no connection had failed");
                break;
            case errc::read_only:
                accept(has_cause(call), "its sessions could write");
                break;
            case errc::commit_unknown:
                accept(has_doubt(call), "no COMMIT of it was in doubt");
                break;
            case errc::timeout:
                // A cancellation meant for another call may have hit its last attempt.
                accept(call.ended >= call.deadline() || was_hopeless(call) ||
                           call.outcome.text.ends_with("(after 5 attempts)"),
                       "its deadline had not passed");
                break;
            case errc::storage_full:
                accept(call.outcome.sqlstate == "53100", "the disk was not full");
                break;
            case errc::internal:
                accept(call.outcome.sqlstate == "26000", "no fault explains it");
                break;
            case errc::conflict:
                accept(call.request->expected_next_index || call.request->refuses,
                       "the request cannot cause a conflict");
                break;
            case errc::closed:
                accept(was_closing(call), "the pool was open");
                break;
            default:
                accept(false, "no fault explains it");
                break;
        }
    }

    void check_unknown(const CallRecord& call) {
        if (!call.unknown()) return;
        const bool append = call.request->kind == Request::Kind::append;
        if (call.request->kind == Request::Kind::read) {
            violate("unknown", call.summary(), "a read stores nothing");
        } else if (append && call.ended < call.deadline() && !was_closing(call) &&
                   !was_hopeless(call)) {
            violate("unknown", call.summary(), "ended before the deadline, not settled");
        }
        if (!append) return;
        const bool settled = std::ranges::any_of(simulation_.calls(), [&](const CallRecord& other) {
            return other.request->kind == Request::Kind::append && other.invoked > call.answered &&
                   other.request->events.front().id == call.request->events.front().id &&
                   (other.success() || other.failed(errc::conflict));
        });
        if (!settled) violate("unknown", call.summary(), "repeating the call did not settle it");
    }

    void check_liveliness(const CallRecord& call) {
        const bool disturbed = call.cancelled || call.request->deadline < 2s || was_closing(call);
        if (disturbed || call.began < simulation_.fair_since() + recovery) return;
        if (!call.success() && !call.failed(errc::conflict)) {
            violate("lively", call.summary(), "failed after the faults had ended");
        } else if (call.ended > call.began + prompt) {
            violate("lively", call.summary(), "slow after the faults had ended");
        }
    }

    void check_once(const CallRecord& call) {
        const bool there = simulation_.server().tokens().contains(call.request->token);
        if (call.success() && !there) violate("once", call.summary(), "its token is not stored");
        if (!call.success() && !call.unknown() && there) {
            violate("once", call.summary(), "its token is stored");
        }
    }

    /// Merges all calls for one event: stored if any call stored it, refused if all were refused.
    std::map<std::string, test::AppendRecord> merged_appends() {
        std::map<std::string, test::AppendRecord> merged;
        for (const CallRecord& call : simulation_.calls()) {
            if (call.request->kind != Request::Kind::append) continue;
            for (std::size_t i = 0; i < call.request->events.size(); ++i) {
                merge(merged, call, i);
            }
        }
        return merged;
    }

    void merge(std::map<std::string, test::AppendRecord>& merged,
               const CallRecord& call,
               std::size_t position) {
        const RoomEvent& event = call.request->events[position];
        test::AppendRecord record{.room_id = event.room_id,
                                  .event_id = event.id,
                                  .invoked_at = call.invoked,
                                  .answered_at = call.answered,
                                  .outcome = AppendOutcome::refused,
                                  .digest = digest(event)};
        if (call.unknown()) record.outcome = AppendOutcome::unknown;
        // If the key was taken, the answer is the event that has it.
        if (call.success() && call.answer[position].second == event.id) {
            record.outcome = AppendOutcome::stored;
            record.index = call.answer[position].first;
        }
        const auto [known, fresh] = merged.try_emplace(event.id, record);
        if (fresh) return;
        auto& all = known->second;
        all.invoked_at = std::min(all.invoked_at, record.invoked_at);
        if (record.outcome == AppendOutcome::refused) return;
        if (record.outcome == AppendOutcome::stored && all.outcome == AppendOutcome::stored) {
            all.answered_at = std::min(all.answered_at, record.answered_at);
            if (record.index != all.index) {
                violate("answers",
                        call.summary(),
                        "another call returned " + std::to_string(all.index));
            }
        } else if (record.outcome == AppendOutcome::stored ||
                   all.outcome == AppendOutcome::refused) {
            all.outcome = record.outcome;
            all.index = record.index;
            all.answered_at = record.answered_at;
        }
    }

    /// Cached: there are few distinct digests, and each is expensive to compute.
    const std::string& digest(const RoomEvent& event) {
        const auto& body = event.content.get_if<TextContent>()->body;
        auto& known = digests_[event.source.channel_id + '/' + body];
        if (known.empty()) known = test::digest_of(event);
        return known;
    }

    void check_history() {
        test::History history;
        for (auto& [id, record] : merged_appends()) history.add(std::move(record));
        for (const CallRecord& call : simulation_.calls()) {
            if (call.request->kind != Request::Kind::read || !call.success()) continue;
            history.add({.client = call.client,
                         .room_id = call.request->room_id,
                         .invoked_at = call.invoked,
                         .answered_at = call.answered,
                         .seen = call.answer});
        }
        std::map<std::string, std::vector<RoomEvent>> events;
        for (const auto& [id, room] : simulation_.server().rooms()) {
            for (const RowPtr& row : room->events) events[id].push_back(read(*row));
        }
        for (auto& violation : test::check_history(history, events)) {
            violations_.push_back(std::move(violation));
        }
    }

    /// Sets only the fields that the checker reads.
    static RoomEvent read(const StoredRow& row) {
        RoomEvent event{
            .id = row.id(),
            .room_id = row.room_id(),
            .type = EventType(*row.cells[3]),
            .source = {.channel_id = *row.cells[6], .channel_type = ChannelType(*row.cells[7])},
            .content = Json::parse(*row.cells[14]).get<EventContent>(),
            .index = row.index,
            .created_at = *parse_iso8601(*row.cells[13])};
        return event;
    }

    void check_rooms() {
        for (const auto& [id, room] : simulation_.server().rooms()) {
            const auto events = static_cast<std::int64_t>(room->events.size());
            const auto& counters = room->counters;
            const bool right = counters.event_count == events && counters.live_count == events &&
                               counters.latest_index == std::max<std::int64_t>(events - 1, 0);
            if (!right) violate("answers", id, "its counters do not match its events");
            if (room->holder != nullptr) violate("closing", id, "is still locked");
        }
    }

    /// A key belongs to one event only.
    void check_keys() {
        std::map<std::pair<std::string, std::string>, std::string> owners;
        for (const CallRecord& call : simulation_.calls()) {
            if (call.request->kind != Request::Kind::append || !call.success()) continue;
            const RoomEvent& event = call.request->events.front();
            if (!event.idempotency_key) continue;
            const auto& id = call.answer.front().second;
            const auto owner =
                owners.try_emplace({event.room_id, *event.idempotency_key}, id).first;
            if (owner->second != id) {
                violate("answers", call.summary(), "the key belongs to " + owner->second);
            }
        }
    }

    void check_attempts() {
        constexpr std::size_t per_second = 10;
        for (const auto& process : simulation_.processes()) {
            const auto& moments = process->reconnects;
            for (std::size_t i = per_second; i < moments.size(); ++i) {
                if (moments[i] - moments[i - per_second] >= 1s) continue;
                violate("limit",
                        "process " + std::to_string(process->number),
                        "connected 11 times within " +
                            milliseconds(moments[i] - moments[i - per_second]));
                break;
            }
        }
    }

    void check_given_up() {
        for (const auto& process : simulation_.processes()) {
            if (process->given_up.empty()) continue;
            violate("connections",
                    "process " + std::to_string(process->number),
                    "gave up a working connection");
        }
    }

    void check_closings() {
        for (const Closing& closing : simulation_.closings()) {
            const auto took = closing.ended - closing.began;
            if (took <= drain + 1s) continue;
            violate("closing",
                    "process " + std::to_string(closing.process->number),
                    "took " + milliseconds(took));
        }
        if (const auto left = simulation_.server().backends(); left != 0) {
            violate("closing", "server", std::to_string(left) + " connections are left");
        }
    }

    const Simulation& simulation_;
    std::vector<std::string> violations_;
    std::map<std::string, std::string> digests_;
};

}  // namespace

std::vector<std::string> check(const Simulation& simulation) { return Checks(simulation).run(); }

}  // namespace roomstore::simulation
