#pragma once

#include <optional>
#include <string>
#include <vector>

#include "driver/params.hpp"
#include "roomstore/query.hpp"

/// An `EventFilter` as SQL. The conditions combine freely. Each combination has its own statement,
/// with its own plan: `$4 IS NULL OR column = $4` would keep the server from using an index.
namespace roomstore::postgres::sql {

/// A set of conditions: one bit for each.
using Conditions = unsigned;

/// Adds the values of the conditions that are present, and returns these conditions.
Conditions add_conditions(const EventFilter& filter, Params& params);

/// `AND <condition>` for each condition. Their values are the parameters from `first_parameter` on.
std::string conditions_text(Conditions conditions, int first_parameter);

/// Bounds on the index that follow from the conditions on the time, to be added to those conditions
/// where the events of a whole room are searched: `$1` is the room. Empty if there is none of them.
std::string time_bounds_text(Conditions conditions, int first_parameter);

/// Adds the names of the types, or null if there are none, for `type = ANY ($1)`.
void add_names(Params& params, const std::optional<std::vector<EventType>>& types);

/// The same for statuses.
void add_names(Params& params, const std::optional<std::vector<EventStatus>>& statuses);

/// No condition, each single condition, some pairs, and all conditions: for checks of statements,
/// since there are too many combinations to check each.
std::vector<Conditions> sample_conditions();

}  // namespace roomstore::postgres::sql
