#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

namespace roomstore::detail::memory {

/// Hashes all kinds of strings alike, so that a lookup needs no copy.
struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
        return std::hash<std::string_view>{}(text);
    }
};

}  // namespace roomstore::detail::memory
