#pragma once

#include <string>
#include <string_view>

namespace chat {

/// Writes a file that only its owner can read (mode 0600), replacing any file of that name.
///
/// The content goes into a new file with a random name in the same folder, which is then renamed.
/// The file thus appears whole or not at all, and a symbolic or hard link that somebody else put
/// there is replaced, never written through. Throws std::system_error.
void write_private_file(const std::string& path, std::string_view content);

}  // namespace chat
