#include "sql/participants.hpp"

#include <fmt/format.h>

#include "sql/columns.hpp"
#include "sql/lists.hpp"
#include "sql/mapping.hpp"
#include "sql/rooms.hpp"

namespace roomstore::postgres::sql {

namespace {

// The lock on the room's row prevents its deletion before the participant is inserted.
constexpr Statement add{"add_participant",
                        R"(
WITH room AS (
    SELECT created_at, status FROM {schema}.rooms WHERE id = $1 FOR KEY SHARE
)
INSERT INTO {schema}.participants ()" ROOMSTORE_PARTICIPANT_COLUMNS
                        R"(, room_created_at, room_status)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9::json, $10::json, $11, $12::timestamptz, $13,
       $15::timestamptz, $14::json, room.created_at, room.status
FROM room
ON CONFLICT (room_id, id) DO UPDATE
SET channel_id = excluded.channel_id, display_name = excluded.display_name, role = excluded.role,
    status = excluded.status, identification = excluded.identification,
    identity_id = excluded.identity_id, candidates = excluded.candidates,
    connected_via = excluded.connected_via, external_id = excluded.external_id,
    resolved_at = excluded.resolved_at, resolved_by = excluded.resolved_by,
    metadata = excluded.metadata
RETURNING joined_at)"};

constexpr Statement get{"get_participant", R"(
SELECT )" ROOMSTORE_PARTICIPANT_COLUMNS R"( FROM {schema}.participants
WHERE room_id = $1 AND id = $2 AND )" ROOMSTORE_ROOM_EXISTS};

constexpr Statement update{"update_participant", R"(
UPDATE {schema}.participants
SET channel_id = $3, display_name = $4, role = $5, status = $6, identification = $7,
    identity_id = $8, candidates = $9, connected_via = $10, external_id = $11, resolved_at = $12,
    resolved_by = $13, metadata = $14
WHERE room_id = $1 AND id = $2 AND )" ROOMSTORE_ROOM_EXISTS R"(
RETURNING joined_at)"};

constexpr Statement remove{"remove_participant", R"(
DELETE FROM {schema}.participants
WHERE room_id = $1 AND id = $2 AND )" ROOMSTORE_ROOM_EXISTS};

constexpr Statement list{"list_participants", R"(
SELECT )" ROOMSTORE_PARTICIPANT_COLUMNS R"( FROM {schema}.participants
WHERE room_id = $1 AND )" ROOMSTORE_ROOM_EXISTS R"( ORDER BY joined_at, id
OFFSET $2 LIMIT $3)"};

Params key(const std::string& room_id, const std::string& id) {
    Params params;
    params.add(room_id).add(id);
    return params;
}

/// All parameters except `joined_at`, which only the first add_participant sets.
Params params_of(const Participant& participant) {
    std::optional<std::string> candidates;
    if (participant.candidates) candidates = json_text(*participant.candidates);
    Params params = key(participant.room_id, participant.id);
    params.add(participant.channel_id)
        .add(participant.display_name)
        .add(to_string(participant.role))
        .add(to_string(participant.status))
        .add(to_string(participant.identification))
        .add(participant.identity_id)
        .add(candidates)
        .add(json_text_unless(participant.connected_via, {participant.channel_id}))
        .add(participant.external_id)
        .add(participant.resolved_at)
        .add(participant.resolved_by)
        .add(json_text_unless(participant.metadata, empty_object));
    return params;
}

}  // namespace

Participant read_participant(const Row& row, int first) {
    Participant participant;
    participant.room_id = row.text(first);
    participant.id = row.text(first + 1);
    participant.channel_id = row.text(first + 2);
    participant.display_name = row.optional_text(first + 3);
    participant.role = read_enum_column<ParticipantRole>(row, first + 4, "role");
    participant.status = read_enum_column<ParticipantStatus>(row, first + 5, "status");
    participant.identification =
        read_enum_column<IdentificationStatus>(row, first + 6, "identification");
    participant.identity_id = row.optional_text(first + 7);
    read_json_column(row, first + 8, "candidates", participant.candidates);
    participant.connected_via = {participant.channel_id};
    read_json_column(row, first + 9, "connected_via", participant.connected_via);
    participant.external_id = row.optional_text(first + 10);
    participant.resolved_at = row.optional_timestamp(first + 11);
    participant.resolved_by = row.optional_text(first + 12);
    participant.joined_at = row.timestamp(first + 13);
    read_json_column(row, first + 14, "metadata", participant.metadata);
    return participant;
}

Participant add_participant(Session& session, const Participant& participant) {
    const auto result = session.exec(add, params_of(participant).add(participant.joined_at));
    if (auto row = stored_with(&Participant::joined_at, participant, result))
        return std::move(*row);
    throw detail::no_room("add_participant", participant.room_id);
}

std::optional<Participant> get_participant(Session& session,
                                           const std::string& room_id,
                                           const std::string& id) {
    const auto found = session.exec(get, key(room_id, id));
    if (found.empty()) return std::nullopt;
    return read_alone("participants",
                      fmt::format("{}, {}", named("room", room_id), named("participant", id)),
                      [&] { return read_participant(found[0]); });
}

Participant update_participant(Session& session, const Participant& participant) {
    const auto result = session.exec(update, params_of(participant));
    if (auto row = stored_with(&Participant::joined_at, participant, result))
        return std::move(*row);
    throw detail::does_not_exist(
        "update_participant", "participant", participant.id, participant.room_id);
}

bool remove_participant(Session& session, const std::string& room_id, const std::string& id) {
    return session.exec(remove, key(room_id, id)).affected_rows() > 0;
}

std::vector<Participant> list_participants(Session& session,
                                           UnreadableRows& unreadable,
                                           const std::string& room_id,
                                           const std::optional<Page>& page) {
    return read_all_or_page(session,
                            list,
                            Params().add(room_id),
                            page,
                            LeftOut(unreadable, Table::participants, room_id),
                            [](const Row& row) { return read_participant(row); });
}

std::vector<Statement> participant_statements() { return {add, get, update, remove, list}; }

}  // namespace roomstore::postgres::sql
