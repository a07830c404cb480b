#pragma once

#include <optional>
#include <string>
#include <vector>

#include "driver/session.hpp"
#include "roomstore/model/binding.hpp"
#include "sql/statement.hpp"
#include "sql/unreadable_rows.hpp"

/// Bindings in SQL.
namespace roomstore::postgres::sql {

/// @throws Error not_found.
ChannelBinding add_binding(Session& session, const ChannelBinding& binding);

std::optional<ChannelBinding> get_binding(Session& session,
                                          const std::string& room_id,
                                          const std::string& channel_id);

/// @throws Error not_found.
ChannelBinding update_binding(Session& session, const ChannelBinding& binding);

bool remove_binding(Session& session, const std::string& room_id, const std::string& channel_id);

std::vector<ChannelBinding> list_bindings(Session& session,
                                          UnreadableRows& unreadable,
                                          const std::string& room_id,
                                          const std::optional<Page>& page);

bool binding_exists(Session& session, const std::string& room_id, const std::string& channel_id);

/// Every statement of this file.
std::vector<Statement> binding_statements();

}  // namespace roomstore::postgres::sql
