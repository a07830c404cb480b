#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fuzz/expect.hpp"
#include "fuzz/naive.hpp"
#include "roomstore/model/content.hpp"
#include "roomstore/model/enums.hpp"
#include "roomstore/model/json.hpp"

/// Building blocks of `expect_storable`.
namespace roomstore::fuzz {

inline constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();

/// The rules for single values. Each reports the name of its field, and adds up the size of values.
class Rules {
public:
    std::size_t bytes() const { return bytes_; }

    void text(const char* field, const std::string& value) {
        bytes_ += value.size();
        expect(naive::is_text(value), field, value);
    }
    void id(const char* field, const std::string& value, std::size_t max = 255) {
        bytes_ += value.size();
        expect(naive::is_id(value, max), field, value);
    }
    void url(const char* field, const std::string& value) {
        text(field, value);
        expect(value.rfind("http://", 0) == 0 || value.rfind("https://", 0) == 0 ||
                   value.rfind("data:", 0) == 0,
               field,
               value);
    }
    void name(const char* field, std::string_view value) const {
        expect(naive::is_name(value), field, value);
    }
    void json(const char* field, const Json& value) {
        bytes_ += naive::bytes(value);
        expect(naive::is_storable(value), field);
    }
    void object(const char* field, const Json& value) {
        json(field, value);
        expect(value.is_object(), field);
    }
    void integer(const char* field,
                 std::int64_t value,
                 std::int64_t min,
                 std::int64_t max = highest) {
        expect(value >= min && value <= max, field, std::to_string(value));
    }
    void real(const char* field, double value, double min, double max) {
        expect(value >= min && value <= max && std::isfinite(value), field, std::to_string(value));
    }
    void positive(const char* field, double value) {
        expect(value > 0 && std::isfinite(value), field, std::to_string(value));
    }
    void time(const char* field, Timestamp value) { expect(naive::is_storable(value), field); }
    template <NamedEnum Enum>
    void closed(const char* field, Enum value) {
        expect(parse_enum<Enum>(to_string(value)) == value, field);
    }
    void element() { bytes_ += 8; }
    void key(const char* field, const std::string& value) {
        element();
        text(field, value);
    }

private:
    std::size_t bytes_ = 0;
};

template <typename T, typename Rule>
void if_present(const std::optional<T>& value, Rule&& rule) {
    if (value) rule(*value);
}

inline void ids(Rules& rules, const char* field, const std::vector<std::string>& values) {
    for (const auto& value : values) {
        rules.element();
        rules.id(field, value);
    }
}
inline void texts(Rules& rules, const char* field, const std::vector<std::string>& values) {
    for (const auto& value : values) {
        rules.element();
        rules.text(field, value);
    }
}
inline void texts(Rules& rules,
                  const char* field,
                  const std::map<std::string, std::string>& values) {
    for (const auto& [key, value] : values) {
        rules.key(field, key);
        rules.text(field, value);
    }
}
inline void objects(Rules& rules, const char* field, const std::vector<Json>& values) {
    for (const auto& value : values) {
        rules.element();
        rules.object(field, value);
    }
}

/// The rules for optional fields.
inline void text(Rules& rules, const char* field, const std::optional<std::string>& value) {
    if_present(value, [&](const auto& each) { rules.text(field, each); });
}
inline void id(Rules& rules, const char* field, const std::optional<std::string>& value) {
    if_present(value, [&](const auto& each) { rules.id(field, each); });
}
inline void time(Rules& rules, const char* field, const std::optional<Timestamp>& value) {
    if_present(value, [&](const auto& each) { rules.time(field, each); });
}
inline void at_least(Rules& rules,
                     std::int64_t min,
                     const char* field,
                     const std::optional<std::int64_t>& value) {
    if_present(value, [&](const auto& each) { rules.integer(field, each, min); });
}
inline void duration(Rules& rules, const char* field, const std::optional<double>& value) {
    if_present(value, [&](const auto& each) {
        rules.real(field, each, 0, std::numeric_limits<double>::max());
    });
}

/// Unknown members must be JSON, and must not have the name of a field.
inline void members(Rules& rules,
                    const char* field,
                    const UnknownMembers& values,
                    const Json& without_them) {
    for (const auto& [name, value] : values.map()) {
        rules.text(field, name);
        rules.json(field, value);
        expect(!without_them.contains(name), field, name);
    }
}

/// The rules of the unknown members of `model`.
template <typename Model>
void members(Rules& rules, const char* field, Model model) {
    const UnknownMembers values = std::exchange(model.unknown_members, {});
    if (!values.empty()) members(rules, field, values, Json(model));
}

/// The rules of a content, including the contents inside it.
void expect_content(Rules& rules, const EventContent& content);

}  // namespace roomstore::fuzz
