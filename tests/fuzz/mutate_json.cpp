#include "fuzz/mutate_json.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <utility>

#include "fuzz/json_input.hpp"
#include "fuzz/naive.hpp"
#include "roomstore/model/json.hpp"
#include "support/populated.hpp"

namespace roomstore::fuzz {

namespace {

std::size_t below(std::size_t end, Random& random) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(random);
}

template <typename Range>
auto& one_of(Range& range, Random& random) {
    return *std::next(range.begin(), static_cast<std::ptrdiff_t>(below(range.size(), random)));
}

template <NamedEnum Enum>
void add_names(std::vector<std::string>& texts) {
    for (const std::string_view name : enum_names<Enum>) texts.emplace_back(name);
}

std::vector<std::string> make_texts() {
    using namespace std::string_literals;
    std::vector<std::string> texts{"",
                                   "\0"s,
                                   "a\0b"s,
                                   "\xFF",
                                   "a\x80",
                                   "\xC0\xAF",
                                   "\xC3",
                                   "\xE2\x82",
                                   "\xED\xA0\x80",
                                   "\xED\x9F\xBF",
                                   "\xEE\x80\x80",
                                   "\xEF\xBF\xBF",
                                   "\xF0\x9F\x98\x80",
                                   "\xF0\x8F\xBF\xBF",
                                   "\xF4\x8F\xBF\xBF",
                                   "\xF4\x90\x80\x80",
                                   "\xC3\xA9",
                                   "\t",
                                   "\n",
                                   "\x7F",
                                   "/",
                                   "~",
                                   "\"\\",
                                   "0001-01-01T00:00:00Z",
                                   "0000-12-31T23:59:59.999999Z",
                                   "9999-12-31T23:59:59.999999Z",
                                   "9999-12-31T23:59:59.9999999-00:01",
                                   "2024-02-29T12:00:00.5+01:00",
                                   "2023-02-29T00:00:00Z",
                                   "http://",
                                   "https://",
                                   "data:",
                                   "ftp://",
                                   "Upper",
                                   "a.b-c_9",
                                   "1",
                                   "all",
                                   "message",
                                   "sms",
                                   "hologram",
                                   "!nan",
                                   "!inf",
                                   "!-inf",
                                   "!binary"};
    texts.insert(texts.end(), naive::content_types.begin(), naive::content_types.end());
    for (const std::size_t size : {63U, 64U, 65U, 255U, 256U, 1024U, 1025U}) {
        texts.emplace_back(size, 'x');
    }
    add_names<RoomStatus>(texts);
    add_names<EventStatus>(texts);
    add_names<ChannelCategory>(texts);
    add_names<ChannelDirection>(texts);
    add_names<Access>(texts);
    add_names<DeliveryMode>(texts);
    add_names<DeleteType>(texts);
    add_names<ParticipantRole>(texts);
    add_names<ParticipantStatus>(texts);
    add_names<IdentificationStatus>(texts);
    add_names<TaskStatus>(texts);
    add_names<AgentResponsePolicy>(texts);
    add_names<RichFormat>(texts);
    return texts;
}

std::vector<Json> make_numbers() {
    constexpr auto lowest = std::numeric_limits<std::int64_t>::min();
    constexpr auto highest = std::numeric_limits<std::int64_t>::max();
    constexpr auto exact = std::int64_t{1} << 53;
    return {0,
            1,
            -1,
            -2,
            2,
            3,
            100,
            10'000,
            10'001,
            90,
            91,
            -90.5,
            180,
            181,
            -180,
            -181.25,
            lowest,
            lowest + 1,
            highest,
            highest - 1,
            std::uint64_t{highest} + 1,
            std::numeric_limits<std::uint64_t>::max(),
            std::int64_t{1} << 62,
            (std::int64_t{1} << 62) + 1,
            exact,
            exact + 1,
            -exact - 1,
            0.0,
            -0.0,
            1.0,
            0.5,
            1.5,
            1e2,
            1e18,
            1e19,
            -1e19,
            9.3e18,
            1.8446744073709552e19,
            9007199254740993.0,
            1e22,
            1e23,
            5e-324,
            1.7976931348623157e308,
            0.1,
            1.0 / 3,
            1.0000000000000002};
}

/// Members of models, to be added where they do not belong or where they are missing.
std::vector<std::pair<std::string, Json>> make_members() {
    std::vector<std::pair<std::string, Json>> members;
    const auto add = [&](const Json& model) {
        for (const auto& [key, value] : model.get_ref<const Json::object_t&>()) {
            members.emplace_back(key, value);
        }
    };
    add(test::full_room());
    add(test::full_event());
    add(test::full_binding());
    add(test::full_participant());
    add(test::full_identity());
    add(test::full_task());
    add(test::full_observation());
    add(Json(test::full_room())["timers"]);
    add(Json(test::full_event())["source"]);
    add(Json(test::full_event())["channel_data"]);
    for (const EventContent& content : test::full_contents()) add(content);
    return members;
}

Json any_text(Random& random) {
    static const std::vector<std::string> texts = make_texts();
    return one_of(texts, random);
}

Json any_value(Random& random) {
    static const std::vector<Json> numbers = make_numbers();
    static const std::vector<EventContent> contents = test::full_contents();
    switch (below(8, random)) {
        case 0:
            return nullptr;
        case 1:
            return below(2, random) == 0;
        case 2:
            return Json::object();
        case 3:
            return Json::array();
        case 4:
            return one_of(contents, random);
        case 5:
            return any_text(random);
        default:
            return one_of(numbers, random);
    }
}

/// Nests `json` in more objects and arrays, at times to just below or above a depth limit.
void wrap(Json& json, Random& random) {
    static constexpr std::array<std::size_t, 6> times{1, 2, 5, 125, 127, 129};
    const auto* kind = "array";
    if (below(2, random) == 0) kind = below(2, random) == 0 ? "object" : "composite";
    for (std::size_t left = one_of(times, random); left > 0; --left) {
        Json inside = std::move(json);
        if (kind == std::string_view("array")) {
            json = Json::array();
            json.push_back(std::move(inside));
        } else if (kind == std::string_view("object")) {
            json = Json::object();
            json["k"] = std::move(inside);
        } else if (left <= 6) {
            json = Json{{"type", "composite"}, {"parts", Json::array()}};
            json["parts"].push_back(std::move(inside));
        } else {
            json = Json{{"type", "edit"}, {"target_event_id", "e"}};
            json["new_content"] = std::move(inside);
        }
    }
}

void change_text(std::string& text, Random& random) {
    const std::size_t at = below(text.size() + 1, random);
    switch (below(4, random)) {
        case 0:
            text.erase(at, 1 + below(4, random));
            break;
        case 1:
            text.insert(at, any_text(random).get<std::string>());
            break;
        case 2:
            text += text.substr(0, 1024);
            break;
        default:
            text.insert(at, 1, static_cast<char>(below(256, random)));
            break;
    }
}

void change_object(Json& json, Random& random) {
    static const auto members = make_members();
    auto& object = json.get_ref<Json::object_t&>();
    const auto& [key, value] = one_of(members, random);
    switch (object.empty() ? 0 : below(3, random)) {
        case 0:
            object[key] = value;
            break;
        case 1:
            object.erase(std::next(object.begin(),
                                   static_cast<std::ptrdiff_t>(below(object.size(), random))));
            break;
        default:
            object[any_text(random).get<std::string>()] = one_of(object, random).second;
            break;
    }
}

void change_array(Json& json, Random& random) {
    auto& array = json.get_ref<Json::array_t&>();
    switch (array.empty() ? 0 : below(3, random)) {
        case 0:
            array.push_back(any_value(random));
            break;
        case 1:
            array.erase(array.begin() + static_cast<std::ptrdiff_t>(below(array.size(), random)));
            break;
        default:
            array.push_back(Json(one_of(array, random)));
            break;
    }
}

void change_number(Json& json, Random& random) {
    static constexpr std::array<std::int64_t, 4> steps{1, -1, 2, -2};
    if (json.is_number_float()) {
        const double real = json.get<double>();
        switch (below(3, random)) {
            case 0:
                json = -real;
                break;
            case 1:
                json = real + static_cast<double>(one_of(steps, random));
                break;
            default:
                json = real * 10;
                break;
        }
    } else {
        const auto number = static_cast<std::uint64_t>(json.get<std::int64_t>());
        switch (below(3, random)) {
            case 0:
                json = static_cast<double>(json.get<std::int64_t>());
                break;
            default:
                json = static_cast<std::int64_t>(number +
                                                 static_cast<std::uint64_t>(one_of(steps, random)));
                break;
        }
    }
}

void change(Json& json, Random& random) {
    if (json.is_object()) {
        change_object(json, random);
    } else if (json.is_array()) {
        change_array(json, random);
    } else if (json.is_string()) {
        change_text(json.get_ref<std::string&>(), random);
    } else if (json.is_number()) {
        change_number(json, random);
    } else {
        json = any_value(random);
    }
}

/// A random place in `root`. Higher levels are more likely, because most rules are about the fields
/// of models, while most values are in free-form JSON.
Json& any_place(Json& root, Random& random) {
    Json* place = &root;
    while (place->is_structured() && !place->empty() && below(5, random) != 0) {
        place =
            &*std::next(place->begin(), static_cast<std::ptrdiff_t>(below(place->size(), random)));
    }
    return *place;
}

std::string mutate_input(std::string_view input,
                         Random& random,
                         Json (*decode)(const Json&),
                         Json (*encode)(const Json&)) {
    if (bracket_depth(input) > max_bracket_depth) return std::string(input);
    // As many choices as letters, so that the selector is kept.
    const auto read = read_json_input(input, 256);
    if (!read) return std::string(input);
    Json json = decode(read->json);
    for (std::size_t left = 1 + below(3, random); left > 0; --left) mutate_json(json, random);
    if (bracket_depth(json.dump(-1, ' ', false, Json::error_handler_t::replace)) >
        max_bracket_depth) {
        return std::string(input);
    }
    return write_json_input(read->selector,
                            encode(json).dump(-1, ' ', false, Json::error_handler_t::replace));
}

Json as_it_is(const Json& json) { return json; }

}  // namespace

void mutate_json(Json& json, Random& random) {
    Json& place = any_place(json, random);
    switch (below(8, random)) {
        case 0:
            place = any_value(random);
            break;
        case 1: {
            Json copy = any_place(json, random);
            place = std::move(copy);
            break;
        }
        case 2:
            wrap(place, random);
            break;
        case 3:
            // Empty, of the same kind.
            place = Json(place.type());
            break;
        default:
            change(place, random);
            break;
    }
}

std::string mutate_json_input(std::string_view input, Random& random) {
    return mutate_input(input, random, as_it_is, as_it_is);
}

std::string mutate_spelled_input(std::string_view input, Random& random) {
    return mutate_input(input, random, decode_values, encode_values);
}

}  // namespace roomstore::fuzz
