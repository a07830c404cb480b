#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>

#if defined(__unix__) || defined(__APPLE__)
#include <sys/random.h>
#include <unistd.h>
#endif

#include "roomstore/detail/text_hash.hpp"
#include "roomstore/model/id.hpp"

namespace roomstore {

namespace detail {

/// 128 random bits from the operating system, drawn for every id. A seeded engine is not used,
/// since a forked process would generate the ids of its parent. One system call is made, because
/// `std::random_device` queries the processor four times, which takes up to 0.1 ms in a virtual
/// machine.
inline std::array<unsigned char, 16> random_bytes() {
    std::array<unsigned char, 16> bytes{};
#if defined(__unix__) || defined(__APPLE__)
    if (::getentropy(bytes.data(), bytes.size()) == 0) return bytes;
#endif
    std::random_device device;
    for (std::size_t i = 0; i < bytes.size(); i += sizeof(std::uint32_t)) {
        const auto word = static_cast<std::uint32_t>(device());
        std::memcpy(bytes.data() + i, &word, sizeof(word));
    }
    return bytes;
}

SipKey draw_hash_key() {
    const auto bytes = random_bytes();
    SipKey key{};
    static_assert(sizeof(key) == sizeof(bytes));
    std::memcpy(&key, bytes.data(), sizeof(key));
    return key;
}

}  // namespace detail

std::string generate_id() {
    static constexpr char hex[] = "0123456789abcdef";
    std::string id;
    id.reserve(32);
    for (const unsigned char byte : detail::random_bytes()) {
        id += hex[byte >> 4];
        id += hex[byte & 0xF];
    }
    return id;
}

}  // namespace roomstore
