#pragma once

#include <string>
#include <string_view>

#include "roomstore/model/content.hpp"

/// The column `content` of an event: the JSON of its content.
///
/// Most events are plain text. Their content is written and read without building a JSON tree,
/// which is otherwise the highest cost of a page of events.
namespace roomstore::postgres::sql {

/// The same text as nlohmann's `dump` of the content's JSON.
std::string content_text(const EventContent& content);

/// @throws Json::exception, Error
EventContent read_content(std::string_view text);

}  // namespace roomstore::postgres::sql
