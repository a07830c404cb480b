#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace roomstore::detail {

/// The secret key of `SipHash`, as two words in little-endian order.
struct SipKey {
    std::uint64_t low;
    std::uint64_t high;
};

/// SipHash (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012): without the key,
/// collisions cannot be predicted.
///
/// @tparam compressions rounds for each word of the text
/// @tparam finalizations rounds at the end
template <int compressions, int finalizations>
class SipHash {
public:
    explicit constexpr SipHash(const SipKey& key) noexcept
        : v0_(key.low ^ 0x736F6D6570736575U),
          v1_(key.high ^ 0x646F72616E646F6DU),
          v2_(key.low ^ 0x6C7967656E657261U),
          v3_(key.high ^ 0x7465646279746573U) {}

    constexpr std::uint64_t operator()(std::string_view text) noexcept {
        constexpr std::size_t word = 8;
        // The last word holds the remaining bytes, and the size in its highest byte.
        std::uint64_t last = static_cast<std::uint64_t>(text.size()) << 56;
        for (; text.size() >= word; text.remove_prefix(word)) compress(read_word(text.data()));
        for (int shift = 0; const char c : text) {
            last |= static_cast<std::uint64_t>(static_cast<unsigned char>(c)) << shift;
            shift += 8;
        }
        compress(last);
        v2_ ^= 0xFF;
        rounds(finalizations);
        return v0_ ^ v1_ ^ v2_ ^ v3_;
    }

private:
    /// Reads a little-endian word.
    static constexpr std::uint64_t read_word(const char* text) noexcept {
        const auto byte = [text](int i) {
            return static_cast<std::uint64_t>(static_cast<unsigned char>(text[i])) << (8 * i);
        };
        // Compilers turn this into a single load.
        return byte(0) | byte(1) | byte(2) | byte(3) | byte(4) | byte(5) | byte(6) | byte(7);
    }

    constexpr void compress(std::uint64_t word) noexcept {
        v3_ ^= word;
        rounds(compressions);
        v0_ ^= word;
    }

    constexpr void rounds(int count) noexcept {
        for (int i = 0; i < count; ++i) {
            v0_ += v1_;
            v2_ += v3_;
            v1_ = std::rotl(v1_, 13) ^ v0_;
            v3_ = std::rotl(v3_, 16) ^ v2_;
            v0_ = std::rotl(v0_, 32);
            v2_ += v1_;
            v0_ += v3_;
            v1_ = std::rotl(v1_, 17) ^ v2_;
            v3_ = std::rotl(v3_, 21) ^ v0_;
            v2_ = std::rotl(v2_, 32);
        }
    }

    std::uint64_t v0_;
    std::uint64_t v1_;
    std::uint64_t v2_;
    std::uint64_t v3_;
};

}  // namespace roomstore::detail
