#pragma once

#include <string>
#include <utility>

#include "contract/populated_store.hpp"
#include "support/populated.hpp"

namespace roomstore::contract {

/// Checks that calls on a populated store are refused, and that the store does not change.
class Refusing {
public:
    ~Refusing() { CHECK(dump(*store_) == before_); }

    template <typename Call>
    void operator()(const std::string& field, Call call) {
        CAPTURE(field);
        CHECK_FAILS(call(*store_), errc::invalid_argument, field + ":");
    }

    template <typename Change>
    void room(const std::string& field, Change change) {
        auto model = full_room();
        change(model);
        (*this)(field, [&](auto& store) { return store.update_room(model); });
        model.id = "new";
        (*this)(field, [&](auto& store) { return store.create_room(model); });
    }

    template <typename Change>
    void event(const std::string& field, Change change) {
        auto model = full_event();
        change(model);
        (*this)(field, [&](auto& store) { return store.update_event(model); });
        model.id = "new";
        model.idempotency_key = "new";
        (*this)(field, [&](auto& store) { return store.add_event_auto_index("room", model); });
        (*this)(field, [&](auto& store) { return store.add_event(model); });
        // For a batch the path starts with the element instead of the type.
        const auto element = "events/1" + field.substr(std::string("RoomEvent").size());
        (*this)(element, [&](auto& store) {
            return store.append_events("room", {make_event({.id = "good"}), model});
        });
    }

    void content(const std::string& field, EventContent content) {
        event("RoomEvent.content" + field, [&](auto& model) { model.content = content; });
    }

    template <typename Change>
    void binding(const std::string& field, Change change) {
        auto model = full_binding();
        change(model);
        (*this)(field, [&](auto& store) { return store.add_binding(model); });
        (*this)(field, [&](auto& store) { return store.update_binding(model); });
    }

    template <typename Change>
    void participant(const std::string& field, Change change) {
        auto model = full_participant();
        change(model);
        (*this)(field, [&](auto& store) { return store.add_participant(model); });
        (*this)(field, [&](auto& store) { return store.update_participant(model); });
    }

    template <typename Change>
    void task(const std::string& field, Change change) {
        auto model = full_task();
        change(model);
        (*this)(field, [&](auto& store) { return store.update_task(model); });
        model.id = "new";
        (*this)(field, [&](auto& store) { return store.add_task(model); });
    }

    template <typename Change>
    void observation(const std::string& field, Change change) {
        auto model = full_observation();
        model.id = "new";
        change(model);
        (*this)(field, [&](auto& store) { return store.add_observation(model); });
    }

    void query(const std::string& field, EventQuery query) {
        (*this)(field, [&](auto& store) { return store.list_events("room", query); });
        // Validated before the room is looked up.
        (*this)(field, [&](auto& store) { return store.list_events("unknown", query); });
    }

private:
    std::shared_ptr<ConversationStore> store_ = populated_store();
    Json before_ = dump(*store_);
};

}  // namespace roomstore::contract
