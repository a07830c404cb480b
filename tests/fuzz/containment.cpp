#include <array>
#include <optional>
#include <string>
#include <utility>

#include "fuzz/expect.hpp"
#include "fuzz/json_input.hpp"
#include "fuzz/mutate_json.hpp"
#include "fuzz/naive.hpp"
#include "fuzz/target.hpp"
#include "roomstore/detail/contains.hpp"
#include "roomstore/model/json.hpp"
#include "support/populated.hpp"

/// The input is two JSON values, one on each line. Checks whether the first contains the second.
namespace roomstore::fuzz {

namespace {

using Pair = std::pair<Json, Json>;

std::optional<Pair> read_pair(std::string_view input) {
    const std::size_t line = input.find('\n');
    if (line == std::string_view::npos || bracket_depth(input) > max_bracket_depth) {
        return std::nullopt;
    }
    auto value = read_json(input.substr(0, line));
    auto part = read_json(input.substr(line + 1));
    if (!value || !part) return std::nullopt;
    return Pair(std::move(*value), std::move(*part));
}

std::string write_pair(const Json& value, const Json& part) {
    const auto text = [](const Json& json) {
        return json.dump(-1, ' ', false, Json::error_handler_t::replace);
    };
    return text(value) + "\n" + text(part);
}

Verdict run(std::string_view input) {
    const auto read = read_pair(input);
    if (!read) return Verdict::unreadable;
    const auto& [value, part] = *read;
    const bool contained = detail::json_contains(value, part);
    expect(contained == naive::contains(value, part),
           contained ? "contained, but should not be" : "not contained, but should be",
           write_pair(value, part));
    expect(detail::json_contains(value, value), "a value contains itself", value.dump());
    expect(detail::json_contains(part, part), "a part contains itself", part.dump());
    return contained ? Verdict::accepted : Verdict::refused;
}

/// Mostly changes one of the two, so that they stay similar.
std::string mutate(std::string_view input, Random& random) {
    auto read = read_pair(input);
    if (!read) return std::string(input);
    auto& [value, part] = *read;
    switch (random() % 8) {
        case 0:
            part = value;
            break;
        case 1:
            std::swap(value, part);
            break;
        case 2:
            mutate_json(value, random);
            break;
        default:
            mutate_json(part, random);
            break;
    }
    return write_pair(value, part);
}

std::vector<std::string> seeds() {
    const Json json = test::full_json();
    std::vector<std::string> inputs{write_pair(json, json), write_pair(json, Json::object())};
    for (const auto& [key, value] : json.items()) {
        inputs.push_back(write_pair(json, Json::object({{key, value}})));
        inputs.push_back(write_pair(Json::array({json, value}), Json::array({value})));
    }
    for (const char* pair : {"[1,2]\n1",
                             "1.0\n1",
                             "100\n1e2",
                             "[[1],[2,3]]\n[[3],[]]",
                             "9007199254740993\n9007199254740993",
                             "0\n-0.0",
                             "1e22\n1e22"}) {
        inputs.emplace_back(pair);
    }
    return inputs;
}

}  // namespace

const Target containment_target{"containment", run, mutate, seeds, true};

}  // namespace roomstore::fuzz
