#include <algorithm>
#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <set>
#include <string>
#include <utility>

#include "fuzz/expect.hpp"
#include "fuzz/json_input.hpp"
#include "fuzz/mutate_json.hpp"
#include "fuzz/naive.hpp"
#include "fuzz/target.hpp"
#include "roomstore/model/json.hpp"
#include "support/populated.hpp"

/// Reads models from JSON. A model must survive writing and reading, and its JSON must be
/// equivalent to the input.
namespace roomstore::fuzz {

namespace {

bool same(const Json& read, const Json& written);

/// Whether `written` has a member of the same name for each member of `read`.
bool all_kept(const Json& read, const Json& written) {
    const auto& members = read.get_ref<const Json::object_t&>();
    return std::all_of(members.begin(), members.end(), [&](const auto& member) {
        return written.contains(member.first);
    });
}

/// Compares integers as text: for nlohmann's ==, the largest unsigned number equals -1.
bool same_number(const Json& read, const Json& written) {
    if (read.is_number_integer() && written.is_number_integer()) {
        return read.dump() == written.dump();
    }
    return read.get<double>() == written.get<double>();
}

/// Whether both are the same point in time, and one that a store accepts.
bool same_time(const Json& read, const Json& written) {
    if (read.is_null() || written.is_null()) return read == written;
    const auto time = naive::read_time(read.get<std::string>());
    return time && time == naive::read_time(written.get<std::string>()) &&
           naive::is_storable(Timestamp(std::chrono::microseconds(*time)));
}

bool same_content(const Json& read, const Json& written) {
    // An unknown content is kept unchanged.
    if (!naive::content_types.contains(read.at("type").get<std::string>())) {
        return read.dump() == written.dump();
    }
    return same(read, written) && all_kept(read, written) && read.at("type") == written.at("type");
}

bool same_contents(const Json& read, const Json& written) {
    return std::equal(read.begin(), read.end(), written.begin(), written.end(), same_content);
}

/// Free-form fields, which are returned unchanged.
const std::set<std::string> free_form{"metadata",
                                      "raw_payload",
                                      "extra",
                                      "delivery_results",
                                      "custom",
                                      "buttons",
                                      "cards",
                                      "data",
                                      "arguments",
                                      "result",
                                      "parameters",
                                      "structured_content",
                                      "external_ids",
                                      "channel_addresses"};
/// Fields whose unknown members are kept, as those of contents are. All other objects may lose
/// unknown members.
const std::set<std::string> keep_members{"source",
                                         "channel_data",
                                         "capabilities",
                                         "rate_limit",
                                         "retry_policy"};
const std::set<std::string> times{"created_at",
                                  "updated_at",
                                  "closed_at",
                                  "last_activity_at",
                                  "last_reply_at",
                                  "attached_at",
                                  "resolved_at",
                                  "joined_at"};

bool same_field(const std::string& field, const Json& read, const Json& written) {
    // An unknown member with the name of another model's field is unchanged, whatever it contains.
    const bool as_it_came = read.dump() == written.dump();
    if (as_it_came || free_form.contains(field)) return as_it_came;
    if (times.contains(field)) return same_time(read, written);
    if (field == "content" && read.is_object()) return same_content(read, written);
    if (field == "new_content") return same_content(read, written);
    if (field == "parts") return same_contents(read, written);
    if (keep_members.contains(field) && read.is_object() && !all_kept(read, written)) return false;
    return same(read, written);
}

/// Whether `written` is equivalent to `read`. The spelling may differ: time zones and fractions of
/// times, 3 for 3.0.
bool same(const Json& read, const Json& written) {
    if (read.is_number() && written.is_number()) return same_number(read, written);
    if (read.is_array() && written.is_array()) {
        return std::equal(read.begin(), read.end(), written.begin(), written.end(), same);
    }
    if (read.is_object() && written.is_object()) {
        const auto& fields = written.get_ref<const Json::object_t&>();
        return std::all_of(fields.begin(), fields.end(), [&](const auto& field) {
            const auto member = read.find(field.first);
            return member == read.end() || same_field(field.first, *member, field.second);
        });
    }
    return read == written;
}

template <typename Model>
std::string_view root_of() {
    if constexpr (detail::NamedModel<Model>) return detail::model_name<Model>;
    return "value";
}

template <typename Model>
Verdict read_and_write(const Json& json) {
    const Model before{};
    Model model = before;
    if (!accepts(root_of<Model>(), [&] { from_json(json, model); })) {
        expect(model == before, "a refused model is unchanged");
        return Verdict::refused;
    }
    const Json written = model;
    const std::string text = written.dump();
    const auto compare = std::same_as<Model, EventContent> ? same_content : same;
    expect(compare(json, written), "the JSON written is equivalent to the JSON read", text);
    if constexpr (requires { model.unknown_members; }) {
        expect(all_kept(json, written), "unknown members are kept", text);
    }
    Model again{};
    from_json(Json::parse(text), again);
    expect(again == model, "a model survives JSON", text);
    expect(Json(again).dump() == text, "JSON of a model is a fixed point", text);
    return Verdict::accepted;
}

using Reader = Verdict (*)(const Json&);

constexpr std::array<Reader, 20> readers{read_and_write<RoomEvent>,
                                         read_and_write<EventContent>,
                                         read_and_write<Room>,
                                         read_and_write<ChannelBinding>,
                                         read_and_write<Participant>,
                                         read_and_write<Identity>,
                                         read_and_write<Task>,
                                         read_and_write<Observation>,
                                         read_and_write<RoomTimers>,
                                         read_and_write<EventSource>,
                                         read_and_write<ChannelData>,
                                         read_and_write<ThreadSummary>,
                                         read_and_write<ChannelCapabilities>,
                                         read_and_write<RateLimit>,
                                         read_and_write<RetryPolicy>,
                                         read_and_write<EventType>,
                                         read_and_write<ChannelType>,
                                         read_and_write<RoomStatus>,
                                         read_and_write<IdentificationStatus>,
                                         read_and_write<ChannelMediaType>};

Verdict run(std::string_view input) {
    const auto read = read_json_input(input, readers.size());
    return read ? readers[read->selector](read->json) : Verdict::unreadable;
}

/// JSON of a model that was not read from JSON: detects a field that is neither written nor read.
template <typename Model>
Json written(const Model& model) {
    const Json json = model;
    expect(json.get<Model>() == model, "every field of a model survives JSON", json.dump());
    return json;
}

std::vector<std::string> seeds() {
    const Json event = written(test::full_event());
    const Json binding = written(test::full_binding());
    const ThreadSummary summary{
        .root_event_id = "event", .reply_count = 2, .last_reply_at = max_timestamp};
    const std::array<Json, readers.size()> models{event,
                                                  test::full_contents().front(),
                                                  written(test::full_room()),
                                                  binding,
                                                  written(test::full_participant()),
                                                  written(test::full_identity()),
                                                  written(test::full_task()),
                                                  written(test::full_observation()),
                                                  written(test::full_room().timers),
                                                  event["source"],
                                                  event["channel_data"],
                                                  written(summary),
                                                  binding["capabilities"],
                                                  binding["rate_limit"],
                                                  binding["retry_policy"],
                                                  EventType(EventType::message),
                                                  ChannelType(ChannelType::sms),
                                                  RoomStatus::closed,
                                                  IdentificationStatus::ambiguous,
                                                  ChannelMediaType::template_};
    std::vector<std::string> inputs;
    for (std::size_t i = 0; i < models.size(); ++i) {
        inputs.push_back(write_json_input(i, models[i].dump()));
    }
    for (const EventContent& content : test::full_contents()) {
        inputs.push_back(write_json_input(1, written(content).dump()));
    }
    for (const EventContent& content : test::minimal_contents()) {
        inputs.push_back(write_json_input(1, written(content).dump()));
    }
    return inputs;
}

}  // namespace

const Target models_target{"models", run, mutate_json_input, seeds, false};

}  // namespace roomstore::fuzz
