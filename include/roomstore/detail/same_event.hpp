#pragma once

#include "roomstore/detail/normalize.hpp"
#include "roomstore/model/event.hpp"

namespace roomstore::detail {

/// Whether `again`, which has the same id as `stored`, repeats the append of `stored`. The index is
/// not compared: a caller that repeats an append does not know it. The keys of both must be
/// normalized.
inline bool repeats_append(const RoomEvent& stored, const RoomEvent& again) {
    return stored.type == again.type && stored.source == again.source &&
           stored.created_at == again.created_at && stored.idempotency_key == again.idempotency_key;
}

}  // namespace roomstore::detail
