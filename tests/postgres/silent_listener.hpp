#pragma once

#include <string>

namespace roomstore::test {

/// An address that takes connections and never says a word on them.
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
