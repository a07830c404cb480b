#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace roomstore::postgres {

/// libpq's keywords and their values.
using Settings = std::map<std::string, std::string>;

/// All settings that libpq derives from a connection string: those of the string, of its service,
/// of the environment, and libpq's defaults. Does not connect.
///
/// In a string that is corrupt or not escaped, a password can end up in any value, or outside of
/// all values: no error text quotes a value, nor libpq's messages, which do.
/// @throws Error, invalid_argument; it names the keyword whose value libpq would reject.
Settings read_settings(const std::string& connection_string);

/// Only the settings in the string itself.
/// @throws Error, invalid_argument.
Settings parse_settings(const std::string& connection_string);

/// A connection string with exactly these settings. Empty values are kept: libpq would otherwise
/// use the environment's.
std::string connection_string_of(const Settings& settings);

/// The elements of the comma-separated list in `key`; empty if there is none.
std::vector<std::string> list_of(const Settings& settings, const std::string& key);

/// The value of a keyword that `read_settings` has checked to be a number.
int number_of(const Settings& settings, const std::string& key, int otherwise);

/// The compiled-in defaults of this libpq.
Settings default_settings();

/// Rejects the connection string because of the value of `key`, wherever libpq found it.
[[noreturn]] void refuse_value(std::string_view key, std::string_view text);

}  // namespace roomstore::postgres
