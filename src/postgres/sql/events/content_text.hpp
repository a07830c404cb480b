#pragma once

#include <string>
#include <string_view>

#include "roomstore/model/content.hpp"

/// The column `content` of an event: the JSON of its content.
///
/// Most events are plain text. Theirs is written and read without building a JSON tree, which is
/// what a page of events otherwise costs most.
namespace roomstore::postgres::sql {

/// What nlohmann's `dump` of the content's JSON would be.
std::string content_text(const EventContent& content);

/// @throws Json::exception, Error
EventContent read_content(std::string_view text);

}  // namespace roomstore::postgres::sql
