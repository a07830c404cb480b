#include <bit>
#include <limits>

#include "contract/populated_store.hpp"
#include "roomstore/model/json.hpp"
#include "support/populated.hpp"

namespace roomstore::contract {

namespace {

constexpr auto min_int = std::numeric_limits<std::int64_t>::min();
constexpr auto max_int = std::numeric_limits<std::int64_t>::max();
constexpr std::chrono::microseconds tick{1};

/// The paths of fields that have their default value; empty for a fully populated model.
std::vector<std::string> defaults_in(const Json& model,
                                     const Json& fresh,
                                     const std::string& path = {}) {
    std::vector<std::string> found;
    for (const auto& [key, value] : model.items()) {
        const auto here = path + "/" + key;
        const auto other = fresh.find(key);
        if (other == fresh.end()) continue;
        if (value.is_object() && other->is_object() && !other->empty()) {
            for (auto& inner : defaults_in(value, *other, here)) found.push_back(std::move(inner));
        } else if (value == *other) {
            found.push_back(here);
        }
    }
    return found;
}

RoomEvent stored(ConversationStore& store, RoomEvent event) {
    event.room_id = "room";
    event = run(store.add_event_auto_index("room", std::move(event)));
    const auto read = run(store.get_event("room", event.id));
    REQUIRE(read);
    CHECK(*read == event);
    CHECK(run(store.list_events("room", {.limit = 1, .newest_first = true})).front() == event);
    return *read;
}

EventContent stored_content(ConversationStore& store, EventContent content) {
    auto event = make_event({.id = generate_id()});
    event.content = std::move(content);
    return stored(store, event).content;
}

void check_bits(double read, double written) {
    CAPTURE(written);
    CHECK(std::bit_cast<std::uint64_t>(read) == std::bit_cast<std::uint64_t>(written));
}

}  // namespace

TEST_CASE("the populated models set every field to a non-default value", "[round_trip]") {
    CHECK(defaults_in(full_room(), Room{}).empty());
    CHECK(defaults_in(full_event(), RoomEvent{}) == std::vector<std::string>{"/content/type"});
    CHECK(defaults_in(full_binding(), ChannelBinding{}).empty());
    CHECK(defaults_in(full_participant(), Participant{}).empty());
    CHECK(defaults_in(full_identity(), Identity{}).empty());
    CHECK(defaults_in(full_task(), Task{}).empty());
    CHECK(defaults_in(full_observation(), Observation{}).empty());
    const auto full = full_contents();
    const auto minimal = minimal_contents();
    REQUIRE(full.size() == std::variant_size_v<EventContent::Variant>);
    REQUIRE(minimal.size() == full.size());
    for (std::size_t i = 0; i < full.size(); ++i) {
        REQUIRE(full[i].variant().index() == i);
        REQUIRE(minimal[i].variant().index() == i);
        CHECK(defaults_in(full[i], minimal[i]) == std::vector<std::string>{"/type"});
    }
}

TEST_CASE("every content type is returned as given, full and minimal", "[round_trip][events]") {
    const auto store = store_with_room();
    for (const auto& contents : {full_contents(), minimal_contents()}) {
        for (const auto& content : contents) {
            CHECK(stored_content(*store, content) == content);
        }
    }
}

TEST_CASE("full rows survive closing and reopening a durable store", "[round_trip]") {
    auto store = populated_store();
    int number = 0;
    for (const auto& content : full_contents()) {
        auto event = make_event({.id = "content " + std::to_string(number++)});
        event.content = content;
        run(store->add_event_auto_index("room", event));
    }
    const auto before = dump(*store);
    run(store->close());
    if (const auto again = reopened(*store)) CHECK(dump(*again) == before);
}

TEST_CASE("rows with only default values are returned as given", "[round_trip]") {
    const auto store = fresh_store();
    const Room room{.id = "room"};
    CHECK(run(store->create_room(room)) == room);
    CHECK(run(store->get_room("room")) == room);
    const RoomEvent event{.room_id = "room", .source = {.channel_id = "c", .channel_type = "cli"}};
    CHECK(stored(*store, event) == event);
    const ChannelBinding binding{.channel_id = "c", .room_id = "room", .channel_type = "cli"};
    CHECK(run(store->add_binding(binding)) == binding);
    CHECK(run(store->get_binding("room", "c")) == binding);
    Participant participant{.id = "p", .room_id = "room", .channel_id = "c"};
    run(store->add_participant(participant));
    participant.connected_via = {"c"};
    CHECK(run(store->get_participant("room", "p")) == participant);
    const Identity identity{.id = "i"};
    CHECK(run(store->create_identity(identity)) == identity);
    CHECK(run(store->get_identity("i")) == identity);
    const Task task{.id = "t", .room_id = "room"};
    CHECK(run(store->add_task(task)) == task);
    CHECK(run(store->get_task("t")) == task);
    const Observation observation{.id = "o", .room_id = "room", .channel_id = "c"};
    CHECK(run(store->add_observation(observation)) == observation);
    CHECK(run(store->list_observations("room")) == std::vector{observation});
}

TEST_CASE("absent and empty values are distinguished", "[round_trip]") {
    const auto store = store_with_room();
    auto event = make_event({.id = "absent"});
    CHECK(stored(*store, event).addressed_to == std::nullopt);
    event = make_event({.id = "empty"});
    event.addressed_to.emplace();
    event.blocked_by = "";
    event.response_visibility = "";
    event.visibility = "";
    event.source.external_id = "";
    event.source.provider = "";
    event.source.provider_message_id = "";
    event.channel_data = {.provider = "", .external_id = "", .thread_id = ""};
    event.content = TextContent{.body = "", .language = ""};
    event.index = 1;
    const auto empty = stored(*store, event);
    CHECK(empty == event);
    REQUIRE(empty.addressed_to);
    CHECK(empty.addressed_to->empty());

    Participant participant{
        .id = "p", .room_id = "room", .channel_id = "c", .connected_via = {"c"}};
    CHECK(run(store->add_participant(participant)).candidates == std::nullopt);
    CHECK(run(store->get_participant("room", "p"))->candidates == std::nullopt);
    participant.candidates.emplace();
    participant.display_name = "";
    participant.external_id = "";
    participant.resolved_by = "";
    run(store->update_participant(participant));
    participant.joined_at = run(store->get_participant("room", "p"))->joined_at;
    CHECK(run(store->get_participant("room", "p")) == participant);

    ChannelBinding binding{
        .channel_id = "c", .room_id = "room", .channel_type = "cli", .attached_at = at(0)};
    binding.capabilities.media_types.clear();
    binding.rate_limit.emplace();
    binding.retry_policy.emplace();
    run(store->add_binding(binding));
    CHECK(run(store->get_binding("room", "c")) == binding);
    binding.retry_policy->retryable_errors.emplace();
    run(store->update_binding(binding));
    CHECK(run(store->get_binding("room", "c")) == binding);
    binding.rate_limit.reset();
    binding.retry_policy.reset();
    run(store->update_binding(binding));
    CHECK(run(store->get_binding("room", "c")) == binding);

    for (const auto& structured : {std::optional<Json>{}, std::optional<Json>{Json::object()}}) {
        const ToolCallContent call{.structured_content = structured};
        CHECK(stored_content(*store, call) == EventContent(call));
    }
}

TEST_CASE("times are returned to the microsecond, up to the limits of the years 1 and 9999",
          "[round_trip]") {
    const auto store = fresh_store();
    const std::vector<Timestamp> times{
        min_timestamp,
        min_timestamp + tick,
        Timestamp{} - tick,
        Timestamp{},
        Timestamp{} + tick,
        // Year 2000, the epoch of PostgreSQL timestamps.
        Timestamp{std::chrono::seconds{946'684'800}} - tick,
        Timestamp{std::chrono::seconds{946'684'800}},
        // The 32-bit limit of 2038, and a leap day.
        Timestamp{std::chrono::seconds{2'147'483'648}},
        Timestamp{std::chrono::seconds{1'709'164'800}} + 123'456 * tick,
        max_timestamp - tick,
        max_timestamp};
    for (std::size_t i = 0; i < times.size(); ++i) {
        const auto time = times[i];
        CAPTURE(time);
        const auto id = std::to_string(i);
        Room room{.id = id,
                  .created_at = time,
                  .updated_at = time,
                  .closed_at = time,
                  .timers = {.last_activity_at = time}};
        run(store->create_room(room));
        CHECK(run(store->get_room(id)) == room);
        const auto event = make_event({.id = id, .room_id = id, .created_at = time});
        run(store->add_event_auto_index(id, event));
        CHECK(run(store->get_event(id)) == event);
        CHECK(run(store->get_room(id))->timers.last_activity_at == time);
        CHECK(run(store->add_event_auto_index(id, event)) == event);
        const ChannelBinding binding{
            .channel_id = id, .room_id = id, .channel_type = "cli", .attached_at = time};
        run(store->add_binding(binding));
        CHECK(run(store->get_binding(id, id)) == binding);
        const Participant participant{.id = id,
                                      .room_id = id,
                                      .channel_id = "c",
                                      .connected_via = {"c"},
                                      .resolved_at = time,
                                      .joined_at = time};
        run(store->add_participant(participant));
        CHECK(run(store->get_participant(id, id)) == participant);
        const Task task{.id = id, .room_id = id, .created_at = time};
        run(store->add_task(task));
        CHECK(run(store->get_task(id)) == task);
        const Observation observation{
            .id = id, .room_id = id, .channel_id = "c", .created_at = time};
        run(store->add_observation(observation));
        CHECK(run(store->list_observations(id)) == std::vector{observation});
    }
    Ids in_order;
    for (std::size_t i = 0; i < times.size(); ++i) in_order.push_back(std::to_string(i));
    CHECK(ids_of(run(store->list_rooms())) ==
          Ids{"0", "1", "2", "3", "4", "5", "6", "8", "7", "9", "10"});
}

TEST_CASE("integers are returned as given, up to their limits", "[round_trip]") {
    const auto store = fresh_store();
    for (const auto number : {std::int64_t{0},
                              std::int64_t{1},
                              (std::int64_t{1} << 31) - 1,
                              std::int64_t{1} << 31,
                              (std::int64_t{1} << 53) + 1,
                              max_int - 1}) {
        CAPTURE(number);
        const auto id = std::to_string(number);
        auto room = sample_room({.id = id});
        room.timers = {.inactive_after_seconds = number, .closed_after_seconds = number};
        room.event_count = std::min(number, std::int64_t{1} << 62);
        room.latest_index = number;
        room.delivered_index = number;
        run(store->create_room(room));
        CHECK(run(store->get_room(id)) == room);
        auto event = make_event({.id = id, .room_id = id, .index = number});
        event.chain_depth = number;
        run(store->add_event(event));
        CHECK(run(store->get_event(id)) == event);
        run(store->mark_read(id, "channel", id));
        CHECK(run(store->list_read_markers(id)).at("channel") == number);
        ChannelBinding binding{.channel_id = "c",
                               .room_id = id,
                               .channel_type = "cli",
                               .last_read_index = number,
                               .attached_at = at(0)};
        binding.retry_policy = RetryPolicy{.max_retries = number};
        run(store->add_binding(binding));
        CHECK(run(store->get_binding(id, "c")) == binding);
        event = make_event(
            {.id = "content of " + id, .room_id = id, .index = number == 0 ? 1 : number - 1});
        event.content = MediaContent{.url = "data:", .size_bytes = number};
        run(store->add_event(event));
        CHECK(run(store->get_event(event.id)) == event);
    }
    run(store->create_room(sample_room()));
    for (const auto number : {min_int, std::int64_t{-1}, max_int}) {
        const ToolCallContent call{.result = number, .duration_ms = number};
        CHECK(stored_content(*store, call) == EventContent(call));
    }
}

TEST_CASE("doubles of bindings and contents are returned bit for bit", "[round_trip]") {
    const auto store = store_with_room();
    for (const double value : {0.1,
                               1.0 / 3,
                               0.1 + 0.2,
                               1e300,
                               std::numeric_limits<double>::max(),
                               std::numeric_limits<double>::min(),
                               std::numeric_limits<double>::denorm_min(),
                               9007199254740993.0}) {
        ChannelBinding binding{.channel_id = "c", .room_id = "room", .channel_type = "cli"};
        binding.rate_limit =
            RateLimit{.max_per_second = value, .max_per_minute = value, .max_per_hour = value};
        binding.retry_policy = RetryPolicy{
            .base_delay_seconds = value, .max_delay_seconds = value, .exponential_base = value};
        run(store->add_binding(binding));
        const auto read = run(store->get_binding("room", "c"));
        REQUIRE(read);
        check_bits(*read->rate_limit->max_per_second, value);
        check_bits(*read->rate_limit->max_per_minute, value);
        check_bits(*read->rate_limit->max_per_hour, value);
        check_bits(read->retry_policy->base_delay_seconds, value);
        check_bits(read->retry_policy->max_delay_seconds, value);
        check_bits(read->retry_policy->exponential_base, value);
        const auto audio =
            stored_content(*store, AudioContent{.url = "data:", .duration_seconds = value});
        check_bits(*audio.get_if<AudioContent>()->duration_seconds, value);
        const auto video =
            stored_content(*store, VideoContent{.url = "data:", .duration_seconds = value});
        check_bits(*video.get_if<VideoContent>()->duration_seconds, value);
    }
    for (const double value : {0.0, -0.0, 1.0 / 3, -90.0, 90.0, -1e-300, 51.477928000000001}) {
        const auto content =
            stored_content(*store, LocationContent{.latitude = value, .longitude = -2 * value});
        check_bits(content.get_if<LocationContent>()->latitude, value);
        check_bits(content.get_if<LocationContent>()->longitude, -2 * value);
    }
}

TEST_CASE("JSON numbers keep their type and value", "[round_trip]") {
    const auto store = store_with_room();
    const Json numbers{{"int", 1},
                       {"float", 1.0},
                       {"negative", -2.0},
                       {"large float", 100000.0},
                       {"exact", 9007199254740993},
                       {"min", min_int},
                       {"max", max_int},
                       {"unsigned", std::numeric_limits<std::uint64_t>::max()},
                       {"third", 1.0 / 3}};
    auto room = sample_room({.id = "numbers", .metadata = numbers});
    run(store->create_room(room));
    CHECK(run(store->get_room("numbers"))->metadata.dump() == numbers.dump());
    auto event = make_event();
    event.metadata = numbers;
    event.source.raw_payload = numbers;
    event.channel_data.extra = numbers;
    event.delivery_results = numbers;
    event.content = ToolCallContent{.arguments = numbers, .result = numbers};
    const auto read = stored(*store, event);
    CHECK(read.metadata.dump() == numbers.dump());
    CHECK(read.source.raw_payload.dump() == numbers.dump());
    CHECK(read.channel_data.extra.dump() == numbers.dump());
    CHECK(read.delivery_results.dump() == numbers.dump());
    CHECK(read.content.get_if<ToolCallContent>()->arguments.dump() == numbers.dump());
    CHECK(read.content.get_if<ToolCallContent>()->result.dump() == numbers.dump());
}

TEST_CASE("numbers in room metadata are returned as decimals", "[round_trip][rooms]") {
    struct Number {
        double given;
        std::string kept;
    };
    const std::vector<Number> numbers{{-0.0, "0.0"},
                                      {0.0, "0.0"},
                                      {1.0, "1.0"},
                                      {-2.5, "-2.5"},
                                      {1e-7, "1e-07"},
                                      {5e-324, "5e-324"},
                                      {999999999999999.0, "999999999999999.0"},
                                      {999999999999999.9, "999999999999999.9"},
                                      {1e15, "1000000000000000"},
                                      {-1e15, "-1000000000000000"},
                                      {1000000000000000.5, "1.0000000000000005e+15"},
                                      {1234567890123456.5, "1.2345678901234565e+15"},
                                      {9007199254740991.0, "9007199254740991"},
                                      {9007199254740994.0, "9007199254740994"},
                                      {1e16, "10000000000000000"},
                                      {1e17, "100000000000000000"},
                                      {1.5e17, "150000000000000000"},
                                      {-123456789012345680.0, "-123456789012345680"},
                                      {9223372036854774784.0, "9223372036854775000"},
                                      {9223372036854775808.0, "9223372036854776000"},
                                      {-9223372036854774784.0, "-9223372036854775000"},
                                      {-9223372036854775808.0, "-9.223372036854776e+18"},
                                      {1.8e19, "18000000000000000000"},
                                      {18446744073709549568.0, "18446744073709550000"},
                                      {18446744073709551616.0, "1.8446744073709552e+19"},
                                      {-1.8e19, "-1.8e+19"},
                                      {2e19, "2e+19"},
                                      {1e300, "1e+300"},
                                      {1.7976931348623157e308, "1.7976931348623157e+308"}};
    const auto store = fresh_store();
    Json given = Json::object();
    std::string kept;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        // Each number inside an array under its own key.
        const auto key = std::to_string(100 + i);
        given[key] = Json::array({numbers[i].given});
        kept += (kept.empty() ? "{\"" : ",\"") + key + "\":[" + numbers[i].kept + "]";
    }
    kept += "}";
    const auto room = sample_room({.metadata = given});
    CHECK(run(store->create_room(room)).metadata.dump() == kept);
    CHECK(run(store->get_room("room"))->metadata.dump() == kept);
    run(store->update_room(sample_room()));
    CHECK(run(store->update_room(room)).metadata.dump() == kept);
    CHECK(run(store->list_rooms()).at(0).metadata.dump() == kept);
    run(store->update_room(sample_room()));
    CHECK(run(store->patch_room_metadata("room", given))->metadata.dump() == kept);
    CHECK(run(store->load_room_context("room")).room->metadata.dump() == kept);
    // A search finds the room by the numbers as given and as stored.
    for (const auto& wanted : {given, Json::parse(kept)}) {
        const RoomFilter filter{.metadata = wanted};
        CHECK(ids_of(run(store->find_rooms(filter))) == Ids{"room"});
    }
}

TEST_CASE("the result of a tool call may be any JSON value", "[round_trip][events]") {
    const auto store = store_with_room();
    for (const Json& result : {Json(nullptr),
                               Json(true),
                               Json(0),
                               Json(0.5),
                               Json(""),
                               Json("null"),
                               Json::array(),
                               Json::object(),
                               full_json()}) {
        const ToolCallContent call{.result = result};
        CHECK(stored_content(*store, call) == EventContent(call));
    }
}

}  // namespace roomstore::contract
