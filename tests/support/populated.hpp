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

/// Models in which every field differs from its default, so that a field lost by a backend is
/// detected. All belong to the room `room`; ids are `room`, `event`, `channel` and so on.
namespace roomstore::test {

/// Objects, arrays, all scalars, the limits of the integers, and doubles that are easily rounded in
/// decimal text.
Json full_json();

/// JSON members that are not fields of any model. One has the name of the C++ member that holds
/// them.
UnknownMembers members_of_the_future();

Room full_room();
RoomEvent full_event();
ChannelBinding full_binding();
Participant full_participant();
Identity full_identity();
roomstore::Task full_task();
Observation full_observation();

TextContent full_text();
RichContent full_rich();
MediaContent full_media();
LocationContent full_location();
AudioContent full_audio();
VideoContent full_video();
SystemContent full_system();
TemplateContent full_template();
EditContent full_edit();
DeleteContent full_delete();
ToolCallContent full_tool_call();
/// One part of each other kind, one of them a composite.
CompositeContent full_composite();
/// Content with a tag that no version of the library knows.
UnknownContent full_unknown();

/// One of each kind, every field set.
std::vector<EventContent> full_contents();

/// One of each kind, with only the required fields set.
std::vector<EventContent> minimal_contents();

}  // namespace roomstore::test
