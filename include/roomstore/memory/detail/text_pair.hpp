#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace roomstore::detail::memory {

using TextPair = std::pair<std::string, std::string>;
using TextPairView = std::pair<std::string_view, std::string_view>;

/// Orders pairs of strings and pairs of views by bytes.
struct TextPairLess {
    using is_transparent = void;

    static TextPairView view(const TextPairView& pair) noexcept { return pair; }
    static TextPairView view(const TextPair& pair) noexcept { return {pair.first, pair.second}; }

    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const noexcept {
        return view(a) < view(b);
    }
};

}  // namespace roomstore::detail::memory
