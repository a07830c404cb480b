#pragma once

#include "driver/params.hpp"
#include "roomstore/model/event.hpp"

namespace roomstore::postgres::sql {

/// Events as the parameters of one statement, an array for each column.
class EventArrays {
public:
    void add(const RoomEvent& event);

    /// Adds an array for `room_id`, then `indexes`, then one for each of ROOMSTORE_EVENT_FIELDS
    /// (sql/event_columns.hpp). Begins anew.
    void add_to(Params& params, ArrayText indexes);

private:
    ArrayText rooms_;
    ArrayText ids_;
    ArrayText types_;
    ArrayText statuses_;
    ArrayText visibilities_;
    ArrayText channels_;
    ArrayText channel_types_;
    ArrayText directions_;
    ArrayText participants_;
    ArrayText correlations_;
    ArrayText parents_;
    ArrayText keys_;
    ArrayText times_;
    ArrayText contents_;
    ArrayText extras_;
};

}  // namespace roomstore::postgres::sql
