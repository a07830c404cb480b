#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace roomstore::test {

/// The only names that this program resolves, and their addresses, in this order: `getaddrinfo` is
/// replaced for the library and libpq alike, so that no test asks a name server. Numeric addresses
/// go to the system's.
class FakeNames {
public:
    using Name = std::pair<const std::string, std::vector<std::string>>;

    FakeNames(std::initializer_list<Name> names);
    ~FakeNames();
    FakeNames(const FakeNames&) = delete;
    FakeNames& operator=(const FakeNames&) = delete;
};

}  // namespace roomstore::test
