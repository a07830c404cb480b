#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "fuzz/target.hpp"

/// Entry points of libFuzzer. ROOMSTORE_FUZZ_TARGET is the target of this binary.

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

constexpr const roomstore::fuzz::Target& target = roomstore::fuzz::ROOMSTORE_FUZZ_TARGET;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using roomstore::fuzz::Verdict;
    const Verdict verdict = target.run({reinterpret_cast<const char*>(data), size});
    const bool kept =
        verdict == Verdict::accepted || (verdict == Verdict::refused && target.keeps_refused);
    // -1 keeps an input out of the corpus.
    return kept ? 0 : -1;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data,
                                               std::size_t size,
                                               std::size_t max_size,
                                               unsigned seed) {
    roomstore::fuzz::Random random(seed);
    if (target.mutate != nullptr && random() % 4 != 0) {
        const std::string_view input(reinterpret_cast<const char*>(data), size);
        const std::string changed = target.mutate(input, random);
        if (changed != input && changed.size() <= max_size) {
            std::memcpy(data, changed.data(), changed.size());
            return changed.size();
        }
    }
    return LLVMFuzzerMutate(data, size, max_size);
}
