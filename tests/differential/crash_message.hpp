#pragma once

#include <string>

namespace roomstore::differential {

/// Writes `text` to standard error should the process die from now on: by a watchdog, an
/// assertion, a signal, a sanitizer. Each call replaces the text of the one before.
void set_crash_message(const std::string& text);

}  // namespace roomstore::differential
