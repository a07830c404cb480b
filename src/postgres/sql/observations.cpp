#include "sql/observations.hpp"

#include "sql/columns.hpp"
#include "sql/lists.hpp"
#include "sql/mapping.hpp"
#include "sql/rooms.hpp"

namespace roomstore::postgres::sql {

namespace {

#define ROOMSTORE_OBSERVATION_COLUMNS \
    "room_id, id, channel_id, content, category, confidence, created_at, metadata"
// In text format, the number of digits depends on the settings of the session.
#define ROOMSTORE_OBSERVATION_VALUES                                                        \
    "room_id, id, channel_id, content, category, encode(float8send(confidence), 'hex') AS " \
    "confidence, "                                                                          \
    "created_at, metadata"

// The lock on the room's row prevents its deletion before the observation is inserted.
constexpr Statement add{"add_observation", R"(
WITH room AS (
    SELECT id FROM {schema}.rooms WHERE id = $1 FOR KEY SHARE
), added AS (
    INSERT INTO {schema}.observations ()" ROOMSTORE_OBSERVATION_COLUMNS R"()
    SELECT $1, $2, $3, $4, $5, $6::double precision, $7::timestamptz, $8::json FROM room
    ON CONFLICT DO NOTHING
    RETURNING id
)
SELECT EXISTS (SELECT FROM added) FROM room)"};

constexpr Statement list{"list_observations", R"(
SELECT )" ROOMSTORE_OBSERVATION_VALUES R"( FROM {schema}.observations
WHERE room_id = $1 AND )" ROOMSTORE_ROOM_EXISTS R"( ORDER BY created_at, id
OFFSET $2 LIMIT $3)"};

Observation read_observation(const Row& row) {
    Observation observation;
    observation.room_id = row.text(0);
    observation.id = row.text(1);
    observation.channel_id = row.text(2);
    observation.content = row.text(3);
    observation.category = row.optional_text(4);
    observation.confidence = row.float64(5);
    observation.created_at = row.timestamp(6);
    read_json_column(row, 7, "metadata", observation.metadata);
    return observation;
}

}  // namespace

Observation add_observation(Session& session, const Observation& observation) {
    const auto result =
        session.exec(add,
                     Params()
                         .add(observation.room_id)
                         .add(observation.id)
                         .add(observation.channel_id)
                         .add(observation.content)
                         .add(observation.category)
                         .add(observation.confidence)
                         .add(observation.created_at)
                         .add(json_text_unless(observation.metadata, empty_object)));
    if (result.empty()) throw detail::no_room("add_observation", observation.room_id);
    if (result[0].boolean(0)) return observation;
    throw detail::exists_already(
        "add_observation", "observation", observation.id, observation.room_id);
}

std::vector<Observation> list_observations(Session& session,
                                           UnreadableRows& unreadable,
                                           const std::string& room_id,
                                           const std::optional<Page>& page) {
    return read_all_or_page(session,
                            list,
                            Params().add(room_id),
                            page,
                            LeftOut(unreadable, Table::observations, room_id),
                            read_observation);
}

std::vector<Statement> observation_statements() { return {add, list}; }

}  // namespace roomstore::postgres::sql
