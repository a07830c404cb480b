#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "roomstore/detail/sip_hash.hpp"

namespace roomstore::detail {

/// Draws a random key.
SipKey draw_hash_key();

/// The hash key of the process.
inline const SipKey& hash_key() {
    static const SipKey key = draw_hash_key();
    return key;
}

/// The hash function of every table whose keys are chosen by users: an attacker cannot construct
/// colliding keys. Hashes all string types alike, so that a lookup needs no copy.
///
/// SipHash-1-3 is the faster variant that its authors propose for hash tables, whose hashes are
/// never exposed.
struct TextHash {
    using is_transparent = void;
    /// Throws only if it is the first call in the process and the system provides no random bytes;
    /// constructing a store draws the key. (Without `noexcept`, libstdc++ also stores the hash in
    /// the nodes of a table.)
    std::size_t operator()(std::string_view text) const {
        return static_cast<std::size_t>(SipHash<1, 3>(hash_key())(text));
    }
};

using TextSet = std::unordered_set<std::string, TextHash, std::equal_to<>>;
using TextViewSet = std::unordered_set<std::string_view, TextHash, std::equal_to<>>;
template <typename Value>
using TextMap = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;

}  // namespace roomstore::detail
