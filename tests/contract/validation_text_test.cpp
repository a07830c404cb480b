#include <functional>

#include "contract/operations.hpp"
#include "contract/populated_store.hpp"
#include "support/populated.hpp"

/// Invalid text and invalid JSON in every field of every argument, one at a time.
namespace roomstore::contract {

namespace {

struct BadText {
    std::string text;
    std::string complaint;
};

const std::vector<BadText> bad_texts{
    {std::string("abc\0def", 7), "NUL at byte 3"},
    {std::string("\0", 1), "NUL at byte 0"},
    {"\xFF", "invalid UTF-8 at byte 0"},
    {"ab\x80", "invalid UTF-8 at byte 2"},
    // Truncated sequences of two, three and four bytes.
    {"a\xC3", "invalid UTF-8 at byte 1"},
    {"a\xE2\x82", "invalid UTF-8 at byte 1"},
    {"a\xF0\x9F\x98", "invalid UTF-8 at byte 1"},
    // Overlong encodings of '/' and NUL in two bytes, and of '/' in three and four bytes.
    {"\xC0\xAF", "invalid UTF-8 at byte 0"},
    {"\xC0\x80", "invalid UTF-8 at byte 0"},
    {"\xE0\x80\xAF", "invalid UTF-8 at byte 0"},
    {"\xF0\x80\x80\xAF", "invalid UTF-8 at byte 0"},
    // Surrogates, and code points above U+10FFFF.
    {"\xED\xA0\x80", "invalid UTF-8 at byte 0"},
    {"\xED\xBF\xBF", "invalid UTF-8 at byte 0"},
    {"\xF4\x90\x80\x80", "invalid UTF-8 at byte 0"},
    {"\xF5\x80\x80\x80", "invalid UTF-8 at byte 0"},
    // Latin-1.
    {"M\xFCller", "invalid UTF-8 at byte 1"},
};

/// A valid model, and the operations that write it.
template <typename Model>
struct Writes {
    Model (*make)();
    std::vector<std::function<asio::awaitable<void>(ConversationStore&, Model)>> calls;
};

template <typename T>
asio::awaitable<void> ignore_result(asio::awaitable<T> call) {
    static_cast<void>(co_await std::move(call));
}

#define WRITE(Model, ...) \
    [](ConversationStore& store, Model model) { return ignore_result(store.__VA_ARGS__); }

Writes<Room> room_writes() {
    return {full_room, {WRITE(Room, create_room(model)), WRITE(Room, update_room(model))}};
}

Writes<RoomEvent> event_writes() {
    return {full_event,
            {WRITE(RoomEvent, add_event_auto_index("room", model)),
             WRITE(RoomEvent, add_event(model)),
             WRITE(RoomEvent, update_event(model))}};
}

Writes<ChannelBinding> binding_writes() {
    return {
        full_binding,
        {WRITE(ChannelBinding, add_binding(model)), WRITE(ChannelBinding, update_binding(model))}};
}

Writes<Participant> participant_writes() {
    return {full_participant,
            {WRITE(Participant, add_participant(model)),
             WRITE(Participant, update_participant(model))}};
}

Writes<Identity> identity_writes() {
    return {full_identity, {WRITE(Identity, create_identity(model))}};
}

Writes<Task> task_writes() {
    return {full_task, {WRITE(Task, add_task(model)), WRITE(Task, update_task(model))}};
}

Writes<Observation> observation_writes() {
    return {full_observation, {WRITE(Observation, add_observation(model))}};
}

template <typename Model, typename Field>
void refuses_bad_text(ConversationStore& store,
                      const Writes<Model>& writes,
                      const std::vector<Field>& fields) {
    for (const auto& field : fields) {
        for (const auto& bad : bad_texts) {
            auto model = writes.make();
            field.set(model, bad.text);
            for (const auto& call : writes.calls) {
                CAPTURE(field.path, bad.complaint);
                CHECK_FAILS(call(store, model), errc::invalid_argument, field.path + ":");
            }
        }
    }
}

template <typename Model, typename Field>
void refuses_bad_sizes(ConversationStore& store,
                       const Writes<Model>& writes,
                       const std::vector<Field>& fields) {
    const auto refuses = [&](const Field& field, std::string text) {
        auto model = writes.make();
        field.set(model, std::move(text));
        for (const auto& call : writes.calls) {
            CAPTURE(field.path);
            CHECK_FAILS(call(store, model), errc::invalid_argument, field.path + ":");
        }
    };
    for (const auto& field : fields) {
        if (field.kind == TextKind::id || field.kind == TextKind::address) refuses(field, "");
        if (field.kind == TextKind::id || field.kind == TextKind::key) {
            refuses(field, std::string(256, 'x'));
        }
        if (field.kind == TextKind::address) refuses(field, std::string(1025, 'x'));
    }
}

template <typename Model, typename Field>
void refuses_bad_json(ConversationStore& store,
                      const Writes<Model>& writes,
                      const std::vector<Field>& fields) {
    struct Bad {
        Json json;
        std::string complaint;
    };
    Json deep = Json::array();
    for (int i = 0; i < 128; ++i) deep = Json::array({std::move(deep)});
    const std::vector<Bad> bad_values{
        {{{"a", std::string("\0", 1)}}, "/a: NUL at byte 0"},
        {{{"a", {1, "\xFF"}}}, "/a/1: invalid UTF-8 at byte 0"},
        {{{"a", {{"b", "x\xED\xA0\x80"}}}}, "/a/b: invalid UTF-8 at byte 1"},
        {{{std::string("k\0", 2), 1}}, ": NUL at byte 1"},
        {{{"a", {{"k\xFF", 1}}}}, "/a: invalid UTF-8 at byte 1"},
        {{{"a", std::numeric_limits<double>::quiet_NaN()}}, "/a: nan"},
        {{{"a", std::numeric_limits<double>::infinity()}}, "/a: inf"},
        {{{"a", {-std::numeric_limits<double>::infinity()}}}, "/a/0: -inf"},
        {{{"a", deep}}, "nested more than 128 deep"},
        {{{"a", Json::binary({1, 2})}}, "/a: "},
        {{{"a", Json(Json::value_t::discarded)}}, "/a: "},
    };
    for (const auto& field : fields) {
        const auto refuses = [&](Json json, const std::string& complaint) {
            auto model = writes.make();
            field.get(model) = std::move(json);
            for (const auto& call : writes.calls) {
                CAPTURE(field.path, complaint);
                CHECK_FAILS(call(store, model), errc::invalid_argument, field.path);
                CHECK_FAILS(call(store, model), errc::invalid_argument, complaint);
            }
        };
        for (const auto& bad : bad_values) refuses(bad.json, bad.complaint);
        if (!field.object) continue;
        for (const Json& scalar : {Json(nullptr), Json(1), Json("text"), Json::array({1})}) {
            refuses(scalar, "must be a JSON object");
        }
    }
}

template <typename Model>
void refuses_all(const Writes<Model>& writes) {
    const auto store = populated_store();
    const auto before = dump(*store);
    refuses_bad_text(*store, writes, text_fields(Model{}));
    refuses_bad_sizes(*store, writes, text_fields(Model{}));
    refuses_bad_json(*store, writes, json_fields(Model{}));
    CHECK(dump(*store) == before);
}

}  // namespace

TEST_CASE("invalid text and JSON in any field of a room are refused, naming the field",
          "[validation][rooms]") {
    refuses_all(room_writes());
}

TEST_CASE("invalid text and JSON in any field of an event are refused, naming the field",
          "[validation][events]") {
    refuses_all(event_writes());
}

TEST_CASE("invalid text and JSON in any field of any content are refused, naming the field",
          "[validation][events]") {
    const auto store = populated_store();
    const auto before = dump(*store);
    refuses_bad_text(*store, event_writes(), content_text_fields());
    refuses_bad_sizes(*store, event_writes(), content_text_fields());
    refuses_bad_json(*store, event_writes(), content_json_fields());
    CHECK(dump(*store) == before);
}

TEST_CASE("invalid text and JSON in any field of a binding are refused, naming the field",
          "[validation][bindings]") {
    refuses_all(binding_writes());
}

TEST_CASE("invalid text and JSON in any field of a participant are refused, naming the field",
          "[validation][participants]") {
    refuses_all(participant_writes());
}

TEST_CASE("invalid text and JSON in any field of an identity are refused, naming the field",
          "[validation][identities]") {
    refuses_all(identity_writes());
}

TEST_CASE("invalid text and JSON in any field of a task are refused, naming the field",
          "[validation][tasks]") {
    refuses_all(task_writes());
}

TEST_CASE("invalid text and JSON in any field of an observation are refused, naming the field",
          "[validation][observations]") {
    refuses_all(observation_writes());
}

TEST_CASE("invalid text in any argument of any operation is refused, naming the argument",
          "[validation]") {
    const auto store = populated_store();
    const auto before = dump(*store);
    for (const auto& operation : operations()) {
        for (const auto& argument : operation.text_arguments) {
            CAPTURE(operation.name, argument.path);
            for (const auto& bad : bad_texts) {
                CHECK_FAILS(argument.call(*store, bad.text),
                            errc::invalid_argument,
                            argument.path + ": " + bad.complaint);
            }
            const auto refuses = [&](std::string text) {
                CHECK_FAILS(
                    argument.call(*store, text), errc::invalid_argument, argument.path + ":");
            };
            if (argument.kind == TextKind::id || argument.kind == TextKind::address) refuses("");
            if (argument.kind == TextKind::id || argument.kind == TextKind::key) {
                refuses(std::string(256, 'x'));
            }
            if (argument.kind == TextKind::address) refuses(std::string(1025, 'x'));
        }
    }
    CHECK(dump(*store) == before);
}

TEST_CASE("ids may be 255 bytes long in every argument", "[validation]") {
    for (const auto& operation : operations()) {
        for (const auto& argument : operation.text_arguments) {
            if (argument.kind == TextKind::free) continue;
            CAPTURE(operation.name, argument.path);
            const auto store = fresh_store();
            std::string error;
            try {
                run(argument.call(*store, std::string(255, 'x')));
            } catch (const Error& refused) {
                error = refused.code().message();
            }
            CHECK((error.empty() || error == "not found"));
        }
    }
}

}  // namespace roomstore::contract
