#pragma once

#include "roomstore/detail/normalize.hpp"
#include "roomstore/model/event.hpp"

namespace roomstore::detail {

/// Whether `again`, which has the same id as `stored`, repeats the append of `stored`: everything
/// that was given is as it is stored, except the index, which a caller that repeats an append does
/// not know. If `stored` was updated since, or may have been, only type, source, time and key are
/// compared. The keys of both must be normalized.
inline bool repeats_append(const RoomEvent& stored, const RoomEvent& again, bool updated) {
    const bool same_event = stored.type == again.type && stored.source == again.source &&
                            stored.created_at == again.created_at &&
                            stored.idempotency_key == again.idempotency_key;
    if (updated || !same_event) return same_event;
    RoomEvent given = again;
    given.index = stored.index;
    return given == stored;
}

}  // namespace roomstore::detail
