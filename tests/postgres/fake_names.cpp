#include "postgres/fake_names.hpp"

#include <dlfcn.h>
#include <map>
#include <mutex>
#include <netdb.h>

namespace roomstore::test {

namespace {

using Names = std::map<std::string, std::vector<std::string>>;

std::mutex& mutex() {
    static std::mutex only;
    return only;
}

Names& names() {
    static Names only;
    return only;
}

/// The system's `getaddrinfo`.
int resolve(const char* node, const char* service, const addrinfo* hints, addrinfo** found) {
    using Resolver = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
    static const auto system = reinterpret_cast<Resolver>(::dlsym(RTLD_NEXT, "getaddrinfo"));
    return system(node, service, hints, found);
}

}  // namespace

FakeNames::FakeNames(std::initializer_list<Name> known) {
    const std::lock_guard lock(mutex());
    names() = Names(known);
}

FakeNames::~FakeNames() {
    const std::lock_guard lock(mutex());
    names().clear();
}

}  // namespace roomstore::test

extern "C" int getaddrinfo(const char* node,
                           const char* service,
                           const addrinfo* hints,
                           addrinfo** found) {
    using namespace roomstore::test;
    addrinfo numeric{};
    if (hints != nullptr) numeric = *hints;
    numeric.ai_flags |= AI_NUMERICHOST;
    if (node == nullptr) return resolve(node, service, hints, found);
    std::vector<std::string> addresses;
    {
        const std::lock_guard lock(mutex());
        const auto known = names().find(node);
        if (known == names().end()) return resolve(node, service, &numeric, found);
        addresses = known->second;
    }
    addrinfo** end = found;
    for (const auto& address : addresses) {
        const int error = resolve(address.c_str(), service, &numeric, end);
        if (error != 0) return error;
        while (*end != nullptr) end = &(*end)->ai_next;
    }
    return 0;
}
