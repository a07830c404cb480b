#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>

#include <catch2/catch_test_macros.hpp>

#include "roomstore/detail/validate.hpp"
#include "support/fields.hpp"
#include "support/populated.hpp"
#include "unit/refusal.hpp"

using namespace roomstore;
using namespace roomstore::test;
using roomstore::detail::Validator;

namespace {

const Validator validator;
constexpr auto max_int = std::numeric_limits<std::int64_t>::max();

std::string check(const Room& room) {
    return refusal([&] { validator.create_room(room); });
}
std::string check(const RoomEvent& event) {
    return refusal([&] { validator.add_event(event); });
}
std::string check(const ChannelBinding& binding) {
    return refusal([&] { validator.add_binding(binding); });
}
std::string check(const Participant& participant) {
    return refusal([&] { validator.add_participant(participant); });
}
std::string check(const Identity& identity) {
    return refusal([&] { validator.create_identity(identity); });
}
std::string check(const Task& task) {
    return refusal([&] { validator.add_task(task); });
}
std::string check(const Observation& observation) {
    return refusal([&] { validator.add_observation(observation); });
}

/// The validation error of `model` after `change`; empty if it is valid.
template <typename Model, typename Change>
std::string after(Model model, Change change) {
    change(model);
    return check(model);
}

/// Checks that invalid text is refused in each of `fields`, a list kept outside the library.
template <typename Model>
void check_text_fields(const Model& model, const std::vector<TextField<Model>>& fields) {
    REQUIRE_FALSE(fields.empty());
    REQUIRE(check(model).empty());
    for (const auto& field : fields) {
        CAPTURE(field.path);
        const auto with = [&](std::string text) {
            Model changed = model;
            field.set(changed, std::move(text));
            return check(changed);
        };
        CHECK(with(std::string("ab\0c", 4)).find(field.path + ": NUL at byte ") == 0);
        CHECK(with("ab\xED\xA0\x80").find(field.path + ": invalid UTF-8 at byte ") == 0);
        const std::size_t max = field.kind == TextKind::address ? 1024 : 255;
        if (field.kind == TextKind::free) {
            CHECK(with(std::string(2000, 'x')).empty());
            CHECK(with("").empty());
        } else {
            CHECK(with(std::string(max, 'x')).empty());
            CHECK(with(std::string(max + 1, 'x')) == field.path + ": " + std::to_string(max + 1) +
                                                         " bytes, more than " +
                                                         std::to_string(max));
            CHECK(with("") == (field.kind == TextKind::key ? "" : field.path + ": empty"));
        }
    }
}

/// Checks that invalid values are refused in every JSON field.
template <typename Model>
void check_json_fields(const Model& model, const std::vector<JsonField<Model>>& fields) {
    REQUIRE_FALSE(fields.empty());
    for (const auto& field : fields) {
        CAPTURE(field.path);
        const auto with = [&](Json value) {
            Model changed = model;
            field.get(changed) = std::move(value);
            return check(changed);
        };
        CHECK(with({{"k", {1, std::string("\0", 1)}}}) == field.path + "/k/1: NUL at byte 0");
        CHECK(with({{"k", NAN}}) == field.path + "/k: nan, must be finite");
        CHECK(with({{"k", "v"}}).empty());
        if (field.object) {
            CHECK(with(Json::array()) == field.path + ": must be a JSON object, is array");
            CHECK(with(nullptr) == field.path + ": must be a JSON object, is null");
        }
    }
}

}  // namespace

TEST_CASE("every text field of every model is validated") {
    check_text_fields(full_room(), text_fields(Room{}));
    check_text_fields(full_event(), text_fields(RoomEvent{}));
    check_text_fields(full_event(), content_text_fields());
    check_text_fields(full_binding(), text_fields(ChannelBinding{}));
    check_text_fields(full_participant(), text_fields(Participant{}));
    check_text_fields(full_identity(), text_fields(Identity{}));
    check_text_fields(full_task(), text_fields(Task{}));
    check_text_fields(full_observation(), text_fields(Observation{}));
}

TEST_CASE("every JSON field of every model is validated") {
    check_json_fields(full_room(), json_fields(Room{}));
    check_json_fields(full_event(), json_fields(RoomEvent{}));
    check_json_fields(full_event(), content_json_fields());
    check_json_fields(full_binding(), json_fields(ChannelBinding{}));
    check_json_fields(full_participant(), json_fields(Participant{}));
    check_json_fields(full_identity(), json_fields(Identity{}));
    check_json_fields(full_task(), json_fields(Task{}));
    check_json_fields(full_observation(), json_fields(Observation{}));
}

TEST_CASE("models with only their ids set are accepted") {
    CHECK(check(Room{.id = "r"}).empty());
    CHECK(check(RoomEvent{.room_id = "r", .source = {.channel_id = "c", .channel_type = "sms"}})
              .empty());
    CHECK(check(ChannelBinding{.channel_id = "c", .room_id = "r", .channel_type = "sms"}).empty());
    CHECK(check(Participant{.id = "p", .room_id = "r", .channel_id = "c"}).empty());
    CHECK(check(Identity{.id = "i"}).empty());
    CHECK(check(Task{.id = "t", .room_id = "r"}).empty());
    CHECK(check(Observation{.id = "o", .room_id = "r", .channel_id = "c"}).empty());
}

TEST_CASE("numbers of a room are within their bounds") {
    const Room room{.id = "r"};
    const auto with = [&](auto member, std::int64_t value) {
        Room changed = room;
        changed.*member = value;
        return check(changed);
    };
    CHECK(with(&Room::event_count, -1) == "Room.event_count: -1, must be at least 0");
    CHECK(with(&Room::event_count, std::int64_t{1} << 62).empty());
    CHECK(with(&Room::event_count, max_int) ==
          "Room.event_count: 9223372036854775807, must be at most 4611686018427387904");
    CHECK(with(&Room::latest_index, -1) == "Room.latest_index: -1, must be at least 0");
    CHECK(with(&Room::latest_index, max_int - 1).empty());
    CHECK(with(&Room::latest_index, max_int) ==
          "Room.latest_index: 9223372036854775807, must be at most 9223372036854775806");
    CHECK(with(&Room::delivered_index, -1).empty());
    CHECK(with(&Room::delivered_index, -2) == "Room.delivered_index: -2, must be at least -1");
    CHECK(after(room, [](Room& r) { r.timers.inactive_after_seconds = -1; }) ==
          "Room.timers.inactive_after_seconds: -1, must be at least 0");
    CHECK(after(room, [](Room& r) { r.timers.closed_after_seconds = -1; }) ==
          "Room.timers.closed_after_seconds: -1, must be at least 0");
}

TEST_CASE("numbers of an event are within their bounds") {
    const RoomEvent event = full_event();
    const auto with = [&](auto member, std::int64_t value) {
        RoomEvent changed = event;
        changed.*member = value;
        return check(changed);
    };
    CHECK(with(&RoomEvent::index, -1) == "RoomEvent.index: -1, must be at least 0");
    CHECK(with(&RoomEvent::index, max_int - 1).empty());
    // There would be no next index.
    CHECK(with(&RoomEvent::index, max_int) ==
          "RoomEvent.index: 9223372036854775807, must be at most 9223372036854775806");
    CHECK(with(&RoomEvent::chain_depth, -1) == "RoomEvent.chain_depth: -1, must be at least 0");
}

TEST_CASE("limits of a binding must be positive if present") {
    const ChannelBinding binding = full_binding();
    CHECK(after(binding, [](auto& b) { b.rate_limit->max_per_second = 0; }) ==
          "ChannelBinding.rate_limit.max_per_second: 0, must be greater than 0");
    CHECK(after(binding, [](auto& b) { b.rate_limit->max_per_minute = -0.5; }) ==
          "ChannelBinding.rate_limit.max_per_minute: -0.5, must be greater than 0");
    CHECK(after(binding, [](auto& b) { b.rate_limit->max_per_hour = INFINITY; }) ==
          "ChannelBinding.rate_limit.max_per_hour: inf, must be finite");
    CHECK(after(binding, [](auto& b) { b.retry_policy->max_retries = -1; }) ==
          "ChannelBinding.retry_policy.max_retries: -1, must be at least 0");
    CHECK(after(binding, [](auto& b) { b.retry_policy->max_retries = 0; }).empty());
    CHECK(after(binding, [](auto& b) { b.retry_policy->base_delay_seconds = 0; }) ==
          "ChannelBinding.retry_policy.base_delay_seconds: 0, must be greater than 0");
    CHECK(after(binding, [](auto& b) { b.retry_policy->max_delay_seconds = 0; }) ==
          "ChannelBinding.retry_policy.max_delay_seconds: 0, must be greater than 0");
    CHECK(after(binding, [](auto& b) { b.retry_policy->exponential_base = NAN; }) ==
          "ChannelBinding.retry_policy.exponential_base: nan, must be finite");
    CHECK(after(binding, [](auto& b) { b.last_read_index = -1; }) ==
          "ChannelBinding.last_read_index: -1, must be at least 0");
    const std::pair<const char*, std::optional<std::int64_t> ChannelCapabilities::*> bounds[] = {
        {"max_length", &ChannelCapabilities::max_length},
        {"max_buttons", &ChannelCapabilities::max_buttons},
        {"max_media_size_bytes", &ChannelCapabilities::max_media_size_bytes},
        {"max_audio_duration_seconds", &ChannelCapabilities::max_audio_duration_seconds},
        {"max_video_duration_seconds", &ChannelCapabilities::max_video_duration_seconds}};
    for (const auto& [name, member] : bounds) {
        CHECK(after(binding, [m = member](auto& b) { b.capabilities.*m = 0; }) ==
              std::string("ChannelBinding.capabilities.") + name + ": 0, must be at least 1");
        CHECK(after(binding, [m = member](auto& b) { b.capabilities.*m = 1; }).empty());
    }
}

TEST_CASE("confidence is between 0 and 1") {
    const auto with = [](double confidence) {
        return after(full_observation(), [&](auto& o) { o.confidence = confidence; });
    };
    CHECK(with(0).empty());
    CHECK(with(1).empty());
    CHECK(with(std::nextafter(1.0, 2.0)) ==
          "Observation.confidence: 1.0000000000000002, must be at most 1");
    CHECK(with(-0.1) == "Observation.confidence: -0.1, must be at least 0");
    CHECK(with(NAN) == "Observation.confidence: nan, must be finite");
}

TEST_CASE("times are within the years 1 to 9999") {
    const Room valid{.id = "r"};
    const auto with = [&](auto member, Timestamp time) {
        return after(valid, [&](Room& room) { room.*member = time; });
    };
    const std::chrono::microseconds one{1};
    CHECK(with(&Room::created_at, min_timestamp).empty());
    CHECK(with(&Room::created_at, max_timestamp).empty());
    CHECK(with(&Room::created_at, min_timestamp - one) ==
          "Room.created_at: outside the years 1 to 9999");
    CHECK(with(&Room::updated_at, max_timestamp + one) ==
          "Room.updated_at: outside the years 1 to 9999");
    CHECK(with(&Room::closed_at, Timestamp::max()) ==
          "Room.closed_at: outside the years 1 to 9999");
    CHECK(after(Room{.id = "r"}, [](Room& r) { r.timers.last_activity_at = Timestamp::min(); }) ==
          "Room.timers.last_activity_at: outside the years 1 to 9999");
    CHECK(after(full_event(), [](auto& e) { e.created_at = Timestamp::min(); }) ==
          "RoomEvent.created_at: outside the years 1 to 9999");
    CHECK(after(full_binding(), [](auto& b) { b.attached_at = Timestamp::max(); }) ==
          "ChannelBinding.attached_at: outside the years 1 to 9999");
    CHECK(after(full_participant(), [](auto& p) { p.joined_at = Timestamp::max(); }) ==
          "Participant.joined_at: outside the years 1 to 9999");
    CHECK(after(full_participant(), [](auto& p) { p.resolved_at = Timestamp::max(); }) ==
          "Participant.resolved_at: outside the years 1 to 9999");
    CHECK(after(full_task(), [](auto& t) { t.created_at = Timestamp::max(); }) ==
          "Task.created_at: outside the years 1 to 9999");
    CHECK(after(full_observation(), [](auto& o) { o.created_at = Timestamp::max(); }) ==
          "Observation.created_at: outside the years 1 to 9999");
}

TEST_CASE("open enumerations accept any legal name") {
    const auto type = [](std::string name) {
        return after(full_event(), [&](auto& event) { event.type = name; });
    };
    const std::string illegal = "RoomEvent.type: not a legal name: 1 to 64 bytes of [a-z0-9_.-]";
    CHECK(type("irc.topic-2_x").empty());
    CHECK(type(std::string(64, 'a')).empty());
    CHECK(type(std::string(65, 'a')) == illegal);
    CHECK(type("") == illegal);
    CHECK(type("Message") == illegal);
    CHECK(type("two words") == illegal);
    CHECK(type("caf\xC3\xA9") == illegal);
    CHECK(type(std::string("a\0b", 3)) == illegal);
    CHECK(after(full_event(), [](auto& e) { e.source.channel_type = ""; }) ==
          "RoomEvent.source.channel_type: not a legal name: 1 to 64 bytes of [a-z0-9_.-]");
    CHECK(after(full_binding(), [](auto& b) { b.channel_type = "A"; }) ==
          "ChannelBinding.channel_type: not a legal name: 1 to 64 bytes of [a-z0-9_.-]");
}

TEST_CASE("closed enumerations accept only their enumerators") {
    const auto outside = [](const char* path, int value) {
        return std::string(path) + ": " + std::to_string(value) +
               " is not a value of the enumeration";
    };
    CHECK(after(Room{.id = "r"}, [](Room& r) { r.status = static_cast<RoomStatus>(4); }) ==
          outside("Room.status", 4));
    CHECK(after(full_room(), [](Room& r) {
              r.agent_response_policy = static_cast<AgentResponsePolicy>(-1);
          }) == outside("Room.agent_response_policy", -1));
    CHECK(after(full_event(), [](auto& e) { e.status = static_cast<EventStatus>(5); }) ==
          outside("RoomEvent.status", 5));
    CHECK(after(full_event(), [](auto& e) {
              e.source.direction = static_cast<ChannelDirection>(3);
          }) == outside("RoomEvent.source.direction", 3));
    CHECK(after(full_binding(), [](auto& b) { b.category = static_cast<ChannelCategory>(2); }) ==
          outside("ChannelBinding.category", 2));
    CHECK(after(full_binding(), [](auto& b) { b.direction = static_cast<ChannelDirection>(3); }) ==
          outside("ChannelBinding.direction", 3));
    CHECK(after(full_binding(), [](auto& b) { b.access = static_cast<Access>(4); }) ==
          outside("ChannelBinding.access", 4));
    CHECK(after(full_binding(), [](auto& b) {
              b.capabilities.media_types = {ChannelMediaType::text,
                                            static_cast<ChannelMediaType>(7)};
          }) == outside("ChannelBinding.capabilities.media_types/1", 7));
    CHECK(after(full_binding(), [](auto& b) {
              b.capabilities.delivery_mode = static_cast<DeliveryMode>(3);
          }) == outside("ChannelBinding.capabilities.delivery_mode", 3));
    CHECK(after(full_participant(), [](auto& p) { p.role = static_cast<ParticipantRole>(5); }) ==
          outside("Participant.role", 5));
    CHECK(after(full_participant(), [](auto& p) {
              p.status = static_cast<ParticipantStatus>(4);
          }) == outside("Participant.status", 4));
    CHECK(after(full_participant(), [](auto& p) {
              p.identification = static_cast<IdentificationStatus>(6);
          }) == outside("Participant.identification", 6));
    CHECK(after(full_task(), [](auto& t) { t.status = static_cast<TaskStatus>(5); }) ==
          outside("Task.status", 5));
}

TEST_CASE("addresses of an identity have legal channel types and no duplicates") {
    const auto with = [](std::map<std::string, std::vector<std::string>> addresses) {
        return after(full_identity(), [&](auto& i) { i.channel_addresses = addresses; });
    };
    CHECK(with({{"sms", {"1", "2"}}, {"email", {"1"}}, {"push", {}}}).empty());
    CHECK(with({{"SMS", {"1"}}}) ==
          "Identity.channel_addresses/SMS: not a legal name: 1 to 64 "
          "bytes of [a-z0-9_.-]");
    CHECK(with({{"s\xFF", {}}}) == "Identity.channel_addresses: invalid UTF-8 at byte 1 of a key");
    CHECK(with({{"sms", {"b", "a", "c", "a"}}}) == "Identity.channel_addresses/sms/3: given twice");
}
