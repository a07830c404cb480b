#include "sql/events/arrays.hpp"

#include <utility>

#include "sql/events/columns.hpp"
#include "sql/events/content_text.hpp"

namespace roomstore::postgres::sql {

void EventArrays::add(const RoomEvent& event) {
    rooms_.add(event.room_id);
    ids_.add(event.id);
    types_.add(event.type.name());
    statuses_.add(to_string(event.status));
    visibilities_.add(event.visibility);
    channels_.add(event.source.channel_id);
    channel_types_.add(event.source.channel_type.name());
    directions_.add(to_string(event.source.direction));
    participants_.add(event.source.participant_id);
    correlations_.add(event.correlation_id);
    parents_.add(event.parent_event_id);
    keys_.add(event.idempotency_key);
    times_.add(event.created_at);
    contents_.add(content_text(event.content));
    extras_.add(extra_text(event));
    token_counts_.add(event.token_count);
}

void EventArrays::add_to(Params& params, Array indexes) && {
    params.add(std::move(rooms_)).add(std::move(indexes));
    for (Array* column : {&ids_,
                          &types_,
                          &statuses_,
                          &visibilities_,
                          &channels_,
                          &channel_types_,
                          &directions_,
                          &participants_,
                          &correlations_,
                          &parents_,
                          &keys_,
                          &times_,
                          &contents_,
                          &extras_,
                          &token_counts_}) {
        params.add(std::move(*column));
    }
}

}  // namespace roomstore::postgres::sql
