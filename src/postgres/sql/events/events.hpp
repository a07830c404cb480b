#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "driver/session.hpp"
#include "roomstore/detail/validate.hpp"
#include "roomstore/inbox.hpp"
#include "roomstore/model/event.hpp"
#include "roomstore/query.hpp"
#include "sql/statement.hpp"
#include "sql/unreadable_rows.hpp"

/// Events in SQL, except storing (append.hpp) and updating them (update.hpp). Functions marked
/// "Transaction" run more than one statement and must be called in a transaction.
namespace roomstore::postgres::sql {

std::optional<RoomEvent> get_event(Session& session, const std::string& id);

std::optional<RoomEvent> get_event(Session& session,
                                   const std::string& room_id,
                                   const std::string& id);

/// Transaction.
std::vector<std::string> delete_event(Session& session,
                                      const detail::Validator& validator,
                                      const std::string& room_id,
                                      const std::string& id,
                                      Replies replies);

std::vector<RoomEvent> list_events(Session& session,
                                   UnreadableRows& unreadable,
                                   const std::string& room_id,
                                   const EventQuery& query);

/// Transaction. @throws Error not_found.
std::int64_t trim_room(Session& session, const std::string& room_id, std::int64_t before_index);

std::map<std::string, ThreadSummary> get_thread_summaries(Session& session,
                                                          const std::string& room_id,
                                                          const std::vector<std::string>& roots,
                                                          const EventFilter& filter);

bool check_idempotency(Session& session, const std::string& room_id, const std::string& key);

std::optional<RoomEvent> get_event_by_idempotency_key(Session& session,
                                                      const std::string& room_id,
                                                      const std::string& key);

std::int64_t get_event_count(Session& session,
                             const std::string& room_id,
                             const EventFilter& filter);

ContextWindow get_context_window(Session& session,
                                 UnreadableRows& unreadable,
                                 const std::string& room_id,
                                 const ContextQuery& query);

/// The statements of events.cpp; those with a filter once for each of the `sample_conditions`.
std::vector<Statement> event_statements();

/// The statements of list_events, for the `sample_conditions` (filter.hpp).
std::vector<Statement> event_list_statements();

/// The statements of get_context_window, likewise.
std::vector<Statement> context_window_statements();

}  // namespace roomstore::postgres::sql
