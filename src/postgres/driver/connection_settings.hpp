#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace roomstore::postgres {

/// Keywords and values of libpq.
using Settings = std::map<std::string, std::string>;

/// All that libpq makes of a connection string: what stands in it, in its service, in the
/// environment, and libpq's own defaults. Nothing is connected to.
///
/// A password can end up in any value, or in none, of a string that is spoilt or not escaped: no
/// text repeats one, nor libpq's messages, which do.
/// @throws Error, invalid_argument; it names the keyword whose value libpq would refuse.
Settings read_settings(const std::string& connection_string);

/// Only what stands in the string itself.
/// @throws Error, invalid_argument.
Settings parse_settings(const std::string& connection_string);

/// A connection string that holds exactly these. Values that are empty stay: libpq would otherwise
/// take the environment's.
std::string connection_string_of(const Settings& settings);

/// The comma-separated list that is the value of `key`; empty where there is none.
std::vector<std::string> list_of(const Settings& settings, const std::string& key);

/// The value of a keyword that `read_settings` has found to be a number.
int number_of(const Settings& settings, const std::string& key, int otherwise);

/// What this libpq was built to use where nobody says otherwise.
Settings default_settings();

/// Refuses the connection string because of the value of `key`, wherever libpq found it.
[[noreturn]] void refuse_value(std::string_view key, std::string_view text);

}  // namespace roomstore::postgres
