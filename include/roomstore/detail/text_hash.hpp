#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "roomstore/detail/sip_hash.hpp"

namespace roomstore::detail {

/// A new key at random.
SipKey draw_hash_key();

/// The key of the process.
inline const SipKey& hash_key() {
    static const SipKey key = draw_hash_key();
    return key;
}

/// The hash of every table whose keys users choose: nobody outside can make keys that collide.
/// Hashes all kinds of strings alike, so that a lookup needs no copy.
///
/// SipHash-1-3: its authors' faster variant for hash tables, where no hash is ever shown.
struct TextHash {
    using is_transparent = void;
    /// Throws only where it is the first of the process and the system has no random bytes; making
    /// a store draws the key. (Not `noexcept` also makes libstdc++ keep the hash in the nodes of a
    /// table.)
    std::size_t operator()(std::string_view text) const {
        return static_cast<std::size_t>(SipHash<1, 3>(hash_key())(text));
    }
};

using TextSet = std::unordered_set<std::string, TextHash, std::equal_to<>>;
using TextViewSet = std::unordered_set<std::string_view, TextHash, std::equal_to<>>;
template <typename Value>
using TextMap = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;

}  // namespace roomstore::detail
