#pragma once

#include <string>
#include <vector>

#include "roomstore/model/binding.hpp"
#include "roomstore/model/event.hpp"
#include "roomstore/model/identity.hpp"
#include "roomstore/model/observation.hpp"
#include "roomstore/model/participant.hpp"
#include "roomstore/model/room.hpp"
#include "roomstore/model/task.hpp"

/// Every field of every model that holds text or JSON, so that a test can set each of them. Written
/// by hand from the contract, not derived from the library's own field descriptions.
namespace roomstore::test {

enum class TextKind {
    /// Any text, possibly empty.
    free,
    /// 1 to 255 bytes.
    id,
    /// Up to 255 bytes.
    key,
    /// 1 to 1024 bytes.
    address,
};

/// A text field of a model.
template <typename Model>
struct TextField {
    /// As in error texts.
    std::string path;
    TextKind kind;
    void (*set)(Model&, std::string);
};

/// A free-form JSON field of a model.
template <typename Model>
struct JsonField {
    /// As in error texts.
    std::string path;
    Json& (*get)(Model&);
    /// Whether the value must be an object.
    bool object = true;
};

std::vector<TextField<Room>> text_fields(const Room&);
std::vector<TextField<RoomEvent>> text_fields(const RoomEvent&);
std::vector<TextField<ChannelBinding>> text_fields(const ChannelBinding&);
std::vector<TextField<Participant>> text_fields(const Participant&);
std::vector<TextField<Identity>> text_fields(const Identity&);
std::vector<TextField<Task>> text_fields(const Task&);
std::vector<TextField<Observation>> text_fields(const Observation&);

std::vector<JsonField<Room>> json_fields(const Room&);
std::vector<JsonField<RoomEvent>> json_fields(const RoomEvent&);
std::vector<JsonField<ChannelBinding>> json_fields(const ChannelBinding&);
std::vector<JsonField<Participant>> json_fields(const Participant&);
std::vector<JsonField<Identity>> json_fields(const Identity&);
std::vector<JsonField<Task>> json_fields(const Task&);
std::vector<JsonField<Observation>> json_fields(const Observation&);

/// Fields of the contents of an event. Setting a field first replaces a content of another kind.
/// URLs get a prefix.
std::vector<TextField<RoomEvent>> content_text_fields();
std::vector<JsonField<RoomEvent>> content_json_fields();

}  // namespace roomstore::test
