#include <array>
#include <chrono>
#include <cstddef>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "fuzz/arguments.hpp"
#include "fuzz/expect.hpp"
#include "fuzz/json_input.hpp"
#include "fuzz/mutate_json.hpp"
#include "fuzz/storable.hpp"
#include "fuzz/target.hpp"
#include "roomstore/detail/normalize.hpp"
#include "roomstore/detail/same_event.hpp"
#include "roomstore/detail/validate.hpp"
#include "roomstore/model/json.hpp"
#include "support/populated.hpp"

/// Validation of arguments, with rows that contain any values that C++ can represent: an accepted
/// row obeys the rules, and can be written as JSON and read back.
namespace roomstore::fuzz {

namespace {

using detail::Validator;

void validate(const Validator& validator, const Room& row) {
    validator.create_room(row);
    validator.update_room(row);
    validator.patched_room(row);
}

void validate(const Validator& validator, const RoomEvent& row) {
    validator.add_event(row);
    validator.update_event(row);
    validator.add_event_auto_index(row.room_id, row);
    // append_events() names an event by its position in the list.
    expect(accepts("events", [&] { validator.append_events(row.room_id, {row}, {}); }),
           "an event is accepted on its own and in a list");
}

void validate(const Validator& validator, const ChannelBinding& row) {
    validator.add_binding(row);
    validator.update_binding(row);
}

void validate(const Validator& validator, const Participant& row) {
    validator.add_participant(row);
    validator.update_participant(row);
}

void validate(const Validator& validator, const Identity& row) { validator.create_identity(row); }

void validate(const Validator& validator, const Task& row) {
    validator.add_task(row);
    validator.update_task(row);
}

void validate(const Validator& validator, const Observation& row) {
    validator.add_observation(row);
}

/// Further rules for an accepted row.
template <typename Row>
void expect_of_accepted(const Validator&, const Row&) {}

void expect_of_accepted(const Validator& validator, const RoomEvent& event) {
    const auto refused = [&](const std::string& room, const std::vector<RoomEvent>& events) {
        return !accepts("", [&] { validator.append_events(room, events, {}); });
    };
    expect(refused(event.room_id, {event, event}), "append_events() accepts no event twice");
    expect(refused(event.room_id + "2", {event}), "an event belongs to its room");
    RoomEvent normalized = event;
    detail::normalize_idempotency_key(normalized);
    expect(normalized.idempotency_key != "", "an empty key means no key");
    expect(accepts("RoomEvent", [&] { validator.add_event(normalized); }),
           "an event is accepted with its key normalized");
    normalized.index = 0;
    RoomEvent again = normalized;
    again.index = 1;
    expect(detail::repeats_append(normalized, again, false),
           "an append with another index is a repetition");
    again.visibility += 'x';
    expect(!detail::repeats_append(normalized, again, false),
           "an append with another visibility is not a repetition");
    expect(detail::repeats_append(normalized, again, true),
           "the visibility may have been updated since");
    again.created_at += std::chrono::microseconds(again.created_at == max_timestamp ? -1 : 1);
    expect(!detail::repeats_append(normalized, again, true),
           "an append with another time is not a repetition");
}

void expect_of_accepted(const Validator& validator, const Participant& participant) {
    Participant normalized = participant;
    detail::normalize_connected_via(normalized);
    const auto& channels = normalized.connected_via;
    expect(!channels.empty() && channels.front() == participant.channel_id,
           "the primary channel comes first");
    const std::set<std::string> distinct(channels.begin(), channels.end());
    expect(distinct.size() == channels.size(), "no channel occurs twice");
    std::set<std::string> given(participant.connected_via.begin(), participant.connected_via.end());
    given.insert(participant.channel_id);
    expect(given == distinct, "every channel that was given is kept, and no other");
    expect(accepts("Participant", [&] { validator.add_participant(normalized); }),
           "a normalized participant is accepted");
    Participant twice = normalized;
    detail::normalize_connected_via(twice);
    expect(twice == normalized, "normalization is idempotent");
}

/// Expects `row` to be accepted with a limit of `bytes`, and refused with one byte less.
template <typename Row>
void expect_size(const char* root, const Row& row, std::size_t bytes) {
    const auto fits = [&](std::size_t limit) {
        const Validator validator(Limits{.max_event_bytes = limit});
        return accepts(root, [&] { validate(validator, row); });
    };
    const std::string seen = "size by the rules of the limit: " + std::to_string(bytes);
    expect(fits(bytes), "a row as large as the limit is accepted", seen);
    expect(bytes == 1 || !fits(bytes - 1), "a row larger than the limit is refused", seen);
}

template <typename Row>
Verdict check_row(const Json& json) {
    const char* root = detail::model_name<Row>.data();
    Row row;
    if (!accepts(root, [&] { from_json(json, row); })) return Verdict::refused;
    const Validator validator;
    if (!accepts(root, [&] { validate(validator, row); })) return Verdict::refused;
    expect_size(root, row, expect_storable(row));
    expect_of_accepted(validator, row);
    const std::string text = Json(row).dump();
    Row again;
    from_json(Json::parse(text), again);
    expect(again == row, "an accepted row survives JSON", text);
    expect(accepts(root, [&] { validate(validator, again); }), "and is accepted again", text);
    return Verdict::accepted;
}

using Check = Verdict (*)(const Json&);

constexpr std::array<Check, 8> checks{check_row<RoomEvent>,
                                      check_row<Room>,
                                      check_row<ChannelBinding>,
                                      check_row<Participant>,
                                      check_row<Identity>,
                                      check_row<Task>,
                                      check_row<Observation>,
                                      check_arguments};

Verdict run(std::string_view input) {
    if (bracket_depth(input) > max_bracket_depth) return Verdict::unreadable;
    const auto read = read_json_input(input, checks.size());
    if (!read) return Verdict::unreadable;
    return checks[read->selector](decode_values(read->json));
}

std::vector<std::string> seeds() {
    const std::array<Json, checks.size()> rows{test::full_event(),
                                               test::full_room(),
                                               test::full_binding(),
                                               test::full_participant(),
                                               test::full_identity(),
                                               test::full_task(),
                                               test::full_observation(),
                                               valid_arguments()};
    std::vector<std::string> inputs;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        inputs.push_back(write_json_input(i, rows[i].dump()));
    }
    Json event = Json::object({{"id", "e"}, {"room_id", "r"}});
    event["source"] = Json::object({{"channel_id", "c"}, {"channel_type", "sms"}});
    std::vector<EventContent> contents = test::full_contents();
    for (EventContent& content : test::minimal_contents()) contents.push_back(std::move(content));
    for (const EventContent& content : contents) {
        event["content"] = content;
        inputs.push_back(write_json_input(0, event.dump()));
    }
    return inputs;
}

}  // namespace

const Target validation_target{"validation", run, mutate_spelled_input, seeds, false};

}  // namespace roomstore::fuzz
