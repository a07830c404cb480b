#pragma once

#include <string>

namespace roomstore::differential {

/// Sets the crash message: `text` is written to standard error if the process is ended by a
/// watchdog, an assertion, a signal or a sanitizer. Each call replaces the previous text.
void set_crash_message(const std::string& text);

}  // namespace roomstore::differential
