#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <utility>

#include "roomstore/model/json_value.hpp"

namespace roomstore {

/// The members of a model's JSON object that are not fields of the model, by name. Members written
/// by a newer build are thereby kept and written back. No member may have the name of a field.
/// Takes the space of one pointer while empty, which is the usual case.
/// @ingroup values
class UnknownMembers {
public:
    /// Values by name, in the order of the names.
    using Map = Json::object_t;

    /// No members.
    UnknownMembers() noexcept = default;
    /// These members.
    explicit UnknownMembers(Map members)
        : map_(members.empty() ? nullptr : std::make_unique<Map>(std::move(members))) {}
    /// These members; of several with the same name, the first.
    UnknownMembers(std::initializer_list<Map::value_type> members) : UnknownMembers(Map(members)) {}

    /// Copies the members.
    UnknownMembers(const UnknownMembers& other)
        : map_(other.map_ ? std::make_unique<Map>(*other.map_) : nullptr) {}
    /// Moves the members; `other` is left without any.
    UnknownMembers(UnknownMembers&& other) noexcept = default;
    /// Copies the members.
    UnknownMembers& operator=(const UnknownMembers& other) {
        if (this != &other) map_ = other.map_ ? std::make_unique<Map>(*other.map_) : nullptr;
        return *this;
    }
    /// Moves the members; `other` is left without any.
    UnknownMembers& operator=(UnknownMembers&& other) noexcept = default;
    ~UnknownMembers() = default;

    /// Whether there are none.
    bool empty() const noexcept { return !map_ || map_->empty(); }

    /// All members.
    const Map& map() const noexcept {
        static const Map none;
        return map_ ? *map_ : none;
    }

    /// Adds a member, or replaces the one with that name.
    void set(std::string name, Json value) {
        if (!map_) map_ = std::make_unique<Map>();
        map_->insert_or_assign(std::move(name), std::move(value));
    }

    /// Equal in names and values.
    friend bool operator==(const UnknownMembers& a, const UnknownMembers& b) {
        return a.map() == b.map();
    }

private:
    std::unique_ptr<Map> map_;
};

}  // namespace roomstore
