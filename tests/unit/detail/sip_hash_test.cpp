#include "roomstore/detail/sip_hash.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include <catch2/catch_test_macros.hpp>

using roomstore::detail::SipHash;
using roomstore::detail::SipKey;

namespace {

// The key of the appendix of the SipHash paper: the bytes 00 to 0f.
constexpr SipKey paper_key{0x0706050403020100U, 0x0F0E0D0C0B0A0908U};

/// The bytes 00, 01, 02 and so on.
std::string counting(std::size_t size) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i) text += static_cast<char>(i);
    return text;
}

}  // namespace

TEST_CASE("SipHash-2-4 matches the test vectors of its authors") {
    // The vector for 15 bytes is in the paper, all of them are in the reference implementation.
    constexpr std::array<std::uint64_t, 16> vectors{0x726FDB47DD0E0E31U,
                                                    0x74F839C593DC67FDU,
                                                    0x0D6C8009D9A94F5AU,
                                                    0x85676696D7FB7E2DU,
                                                    0xCF2794E0277187B7U,
                                                    0x18765564CD99A68DU,
                                                    0xCBC9466E58FEE3CEU,
                                                    0xAB0200F58B01D137U,
                                                    0x93F5F5799A932462U,
                                                    0x9E0082DF0BA9E4B0U,
                                                    0x7A5DBBC594DDB9F3U,
                                                    0xF4B32F46226BADA7U,
                                                    0x751E8FBC860EE5FBU,
                                                    0x14EA5627C0843D90U,
                                                    0xF723CA908E7AF2EEU,
                                                    0xA129CA6149BE45E5U};
    for (std::size_t size = 0; size < vectors.size(); ++size) {
        CAPTURE(size);
        CHECK(SipHash<2, 4>(paper_key)(counting(size)) == vectors[size]);
    }
}

TEST_CASE("SipHash-1-3 matches known test vectors") {
    CHECK(SipHash<1, 3>(paper_key)("") == 0xABAC0158050FC4DCU);
    CHECK(SipHash<1, 3>(paper_key)(counting(1)) == 0xC9F49BF37D57CA93U);
    CHECK(SipHash<1, 3>(paper_key)(counting(2)) == 0x82CB9B024DC7D44DU);
    CHECK(SipHash<1, 3>(paper_key)(counting(7)) == 0xD3927D989BB11140U);
    CHECK(SipHash<1, 3>(paper_key)(counting(8)) == 0x369095118D299A8EU);
    CHECK(SipHash<1, 3>(paper_key)(counting(15)) == 0xD320D86D2A519956U);
}

TEST_CASE("different keys give different hashes") {
    const auto hash = SipHash<1, 3>(paper_key)("lobby");
    CHECK(SipHash<1, 3>({paper_key.low ^ 1, paper_key.high})("lobby") != hash);
    CHECK(SipHash<1, 3>({paper_key.low, paper_key.high ^ 1})("lobby") != hash);
}
