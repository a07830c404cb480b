#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "roomstore/detail/content_fields.hpp"
#include "roomstore/detail/field_path.hpp"
#include "roomstore/detail/fields.hpp"
#include "roomstore/detail/nesting.hpp"
#include "roomstore/detail/text.hpp"
#include "roomstore/model/box.hpp"

namespace roomstore::detail {

/// Checks one argument field by field and counts its bytes (see `Limits`). Paths are formatted only
/// if a value is refused.
class ValueChecker {
public:
    std::size_t bytes() const noexcept { return bytes_; }

    // The types of the values are constrained, since many types convert to Json or to numbers.

    template <std::same_as<std::string> Text, typename Rule>
    void check(const FieldPath& path, const Text& text, const Rule& rule, Nesting = {}) {
        bytes_ += text.size();
        if constexpr (std::same_as<Rule, rule::Bytes>) check_size(path, text, rule);
        if (const auto fault = find_text_fault(text)) throw_invalid(path, to_string(*fault));
        if constexpr (std::same_as<Rule, rule::Url>) check_url(path, text);
    }

    template <std::same_as<Json> Value, typename Rule>
    void check(const FieldPath& path, const Value& value, const Rule&, Nesting nesting = {}) {
        if constexpr (std::same_as<Rule, rule::Object>) {
            if (!value.is_object()) {
                throw_invalid(path, std::string("must be a JSON object, is ") + value.type_name());
            }
        }
        check_json(path, value, nesting.json);
    }

    template <std::same_as<std::int64_t> Integer, typename Rule>
    void check(const FieldPath& path, Integer value, const Rule& rule, Nesting = {}) const {
        if constexpr (std::same_as<Rule, rule::Integer>) {
            if (value < rule.min) {
                throw_invalid(
                    path, std::to_string(value) + ", must be at least " + std::to_string(rule.min));
            }
            if (value > rule.max) {
                throw_invalid(
                    path, std::to_string(value) + ", must be at most " + std::to_string(rule.max));
            }
        }
    }

    template <std::same_as<double> Real, typename Rule>
    void check(const FieldPath& path, Real value, const Rule& rule, Nesting = {}) const {
        if (!std::isfinite(value)) throw_invalid(path, written(value) + ", must be finite");
        if constexpr (std::same_as<Rule, rule::Range>) {
            if (value < rule.min) {
                throw_invalid(path, written(value) + ", must be at least " + written(rule.min));
            }
            if (value > rule.max) {
                throw_invalid(path, written(value) + ", must be at most " + written(rule.max));
            }
        } else if constexpr (std::same_as<Rule, rule::RealPositive>) {
            if (value <= 0) throw_invalid(path, written(value) + ", must be greater than 0");
        }
    }

    template <std::same_as<bool> Bool>
    void check(const FieldPath&, Bool, const rule::Any&, Nesting = {}) const {}

    void check(const FieldPath& path, Timestamp time, const rule::Any&, Nesting = {}) const {
        if (time < min_timestamp || time > max_timestamp) {
            throw_invalid(path, "outside the years 1 to 9999");
        }
    }

    template <NamedEnum Enum>
    void check(const FieldPath& path, Enum value, const rule::Any&, Nesting = {}) const {
        if (to_string(value).empty()) {
            throw_invalid(path,
                          std::to_string(static_cast<std::int64_t>(value)) +
                              " is not a value of the enumeration");
        }
    }

    template <OpenName Name>
    void check(const FieldPath& path, const Name& value, const rule::Any&, Nesting = {}) const {
        check_name(path, value.name());
    }

    template <typename T, typename Rule>
    void check(const FieldPath& path,
               const std::optional<T>& value,
               const Rule& rule,
               Nesting nesting = {}) {
        if (value) check(path, *value, rule, nesting);
    }

    template <typename T, typename Rule>
    void check(const FieldPath& path,
               const std::vector<T>& values,
               const Rule& rule,
               Nesting nesting = {}) {
        for (std::size_t i = 0; i < values.size(); ++i) {
            bytes_ += bytes_per_value;
            check(path.element(i), values[i], rule, nesting.inside());
        }
    }

    void check(const FieldPath& path,
               const std::map<std::string, std::string>& values,
               const rule::Any& rule,
               Nesting = {}) {
        for (const auto& [key, value] : values) {
            bytes_ += bytes_per_value + key.size();
            check_key(path, key);
            check(path.key(key), value, rule);
        }
    }

    void check(const FieldPath& path,
               const std::map<std::string, std::vector<std::string>>& addresses,
               const rule::Addresses&,
               Nesting = {}) {
        for (const auto& [channel_type, list] : addresses) {
            bytes_ += bytes_per_value + channel_type.size();
            check_key(path, channel_type);
            const FieldPath list_path = path.key(channel_type);
            check_name(list_path, channel_type);
            check(list_path, list, rule::address);
            check_distinct(list_path, list);
        }
    }

    void check(const FieldPath& path,
               const EventContent& content,
               const rule::Any&,
               Nesting nesting = {}) {
        bytes_ += bytes_per_value;
        const Nesting inside = nesting.inside();
        if (inside.json > max_json_depth) refuse_depth(path);
        std::visit([&](const auto& known) { check_content(path, known, inside); },
                   content.variant());
    }

    void check(const FieldPath& path,
               const Box<EventContent>& content,
               const rule::Any& rule,
               Nesting nesting = {}) {
        if (content.operator->() == nullptr) throw_invalid(path, "moved from");
        check(path, *content, rule, nesting);
    }

    /// A model, field by field.
    template <typename Model>
        requires requires(const Model& model) {
            visit_fields(model, [](FieldName, const auto&, const auto&) {});
        }
    void check(const FieldPath& path, const Model& model, const rule::Any&, Nesting nesting = {}) {
        visit_fields(model,
                     [&]<typename Rule>(FieldName field, const auto& value, const Rule& rule) {
                         if constexpr (std::same_as<Rule, rule::Members>) {
                             check_members(path.field(field.name), model, value, nesting);
                         } else {
                             check(path.field(field.name), value, rule, nesting);
                         }
                     });
    }

    /// Refuses the later of two equal values. Empty values are ignored.
    static void check_distinct(const FieldPath& path, const std::vector<std::string>& values) {
        std::vector<std::size_t> order(values.size());
        for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
        std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            const int difference = values[a].compare(values[b]);
            return difference != 0 ? difference < 0 : a < b;
        });
        for (std::size_t i = 1; i < order.size(); ++i) {
            const std::string& value = values[order[i]];
            if (!value.empty() && value == values[order[i - 1]]) {
                throw_invalid(path.element(order[i]), "given twice");
            }
        }
    }

private:
    /// Counted for every JSON value and list element, so that a size in bytes bounds their number.
    static constexpr std::size_t bytes_per_value = 8;

    template <typename Content>
    void check_content(const FieldPath& path, const Content& content, Nesting nesting) {
        if constexpr (std::same_as<Content, CompositeContent>) {
            if (content.parts.empty()) throw_invalid(path.field("parts"), "empty");
            if (++nesting.composites > max_composite_depth) {
                throw_invalid(path, "composites nested more than 5 deep");
            }
        }
        check(path, content, rule::any, nesting);
    }

    void check_content(const FieldPath& path, const UnknownContent& content, Nesting nesting) {
        // The raw value is the content itself, whose nesting level is already counted.
        check(path, content.raw, rule::object, Nesting{nesting.json - 1, 0});
        const auto tag = content.raw.find("type");
        const FieldPath tag_path = path.key("type");
        if (tag == content.raw.end()) throw_invalid(tag_path, "missing");
        if (!tag->is_string()) {
            throw_invalid(tag_path, std::string("must be a string, is ") + tag->type_name());
        }
        const auto& name = tag->get_ref<const std::string&>();
        if (name.empty()) throw_invalid(tag_path, "empty");
        if (is_known_content_tag(name)) {
            throw_invalid(tag_path, "'" + name + "' has a content type of its own");
        }
    }

    template <typename Model>
    void check_members(const FieldPath& path,
                       const Model& model,
                       const UnknownMembers& members,
                       Nesting nesting) {
        for (const auto& [name, member] : members.map()) {
            bytes_ += name.size();
            check_key(path, name);
            if (is_field(model, name)) throw_invalid(path.key(name), "a field has this name");
            check_json(path.key(name), member, nesting.json);
        }
    }

    void check_json(const FieldPath& path, const Json& value, int depth) {
        bytes_ += bytes_per_value;
        switch (value.type()) {
            case Json::value_t::string:
                check(path, value.get_ref<const std::string&>(), rule::any);
                break;
            case Json::value_t::number_float:
                check(path, value.get_ref<const double&>(), rule::any);
                break;
            case Json::value_t::object:
                if (depth >= max_json_depth) refuse_depth(path);
                for (const auto& [key, member] : value.get_ref<const Json::object_t&>()) {
                    bytes_ += key.size();
                    check_key(path, key);
                    check_json(path.key(key), member, depth + 1);
                }
                break;
            case Json::value_t::array: {
                if (depth >= max_json_depth) refuse_depth(path);
                std::size_t i = 0;
                for (const Json& element : value.get_ref<const Json::array_t&>()) {
                    check_json(path.element(i++), element, depth + 1);
                }
                break;
            }
            case Json::value_t::binary:
            case Json::value_t::discarded:
                throw_invalid(path, std::string("not a JSON value: ") + value.type_name());
            default:
                break;
        }
    }

    static void check_key(const FieldPath& path, const std::string& key) {
        if (const auto fault = find_text_fault(key))
            throw_invalid(path, to_string(*fault) + " of a key");
    }

    static void check_size(const FieldPath& path, const std::string& text, rule::Bytes rule) {
        if (text.size() < rule.min) throw_invalid(path, "empty");
        if (text.size() > rule.max) {
            throw_invalid(
                path,
                std::to_string(text.size()) + " bytes, more than " + std::to_string(rule.max));
        }
    }

    static void check_name(const FieldPath& path, std::string_view name) {
        if (!EventType::is_legal(name)) {
            throw_invalid(path, "not a legal name: 1 to 64 bytes of [a-z0-9_.-]");
        }
    }

    static void check_url(const FieldPath& path, std::string_view url) {
        if (!url.starts_with("http://") && !url.starts_with("https://") &&
            !url.starts_with("data:")) {
            throw_invalid(path, "must begin with http://, https:// or data:");
        }
    }

    static std::string written(double value) {
        char digits[32];
        const auto end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
        return std::string(digits, end);
    }

    std::size_t bytes_ = 0;
};

}  // namespace roomstore::detail
