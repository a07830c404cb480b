#pragma once

#include "driver/array.hpp"
#include "driver/params.hpp"
#include "roomstore/model/event.hpp"

namespace roomstore::postgres::sql {

/// Events as the parameters of one statement, an array for each column.
class EventArrays {
public:
    void add(const RoomEvent& event);

    /// Adds an array for `room_id`, then `indexes`, then one for each of ROOMSTORE_EVENT_FIELDS
    /// (sql/events/columns.hpp).
    void add_to(Params& params, Array indexes) &&;

private:
    Array rooms_{ElementType::text};
    Array ids_{ElementType::text};
    Array types_{ElementType::text};
    Array statuses_{ElementType::text};
    Array visibilities_{ElementType::text};
    Array channels_{ElementType::text};
    Array channel_types_{ElementType::text};
    Array directions_{ElementType::text};
    Array participants_{ElementType::text};
    Array correlations_{ElementType::text};
    Array parents_{ElementType::text};
    Array keys_{ElementType::text};
    Array times_{ElementType::timestamptz};
    Array contents_{ElementType::json};
    Array extras_{ElementType::json};
    Array token_counts_{ElementType::bigint};
};

}  // namespace roomstore::postgres::sql
