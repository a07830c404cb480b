#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace roomstore::test {

/// The host names that this program can resolve, each with its addresses in order. Replaces
/// `getaddrinfo` for both the library and libpq, so that no test queries a name server. Numeric
/// addresses are passed on to the system's `getaddrinfo`.
class FakeNames {
public:
    using Name = std::pair<const std::string, std::vector<std::string>>;

    FakeNames(std::initializer_list<Name> names);
    ~FakeNames();
    FakeNames(const FakeNames&) = delete;
    FakeNames& operator=(const FakeNames&) = delete;
};

}  // namespace roomstore::test
