#pragma once

#include <string>

namespace roomstore::test {

/// A listener that accepts connections and never sends anything on them.
class SilentListener {
public:
    SilentListener(const std::string& address, int port);
    ~SilentListener();
    SilentListener(const SilentListener&) = delete;
    SilentListener& operator=(const SilentListener&) = delete;

private:
    int socket_;
};

}  // namespace roomstore::test
