#include "roomstore/detail/text.hpp"

#include <string>
#include <vector>

#include "fuzz/expect.hpp"
#include "fuzz/naive.hpp"
#include "fuzz/target.hpp"
#include "roomstore/detail/field_path.hpp"
#include "roomstore/model/open_enum.hpp"

/// Checks the handling of arbitrary bytes as text.
namespace roomstore::fuzz {

namespace {

/// Expects the fault that decoding finds, at every offset of the text in the words that are read.
void expect_fault(std::string_view input) {
    const auto expected = naive::first_fault(input);
    for (std::size_t before = 0; before < 8; ++before) {
        std::string moved(before, 'a');
        moved += input;
        // A block of its exact size, so that a read beyond the end is detected.
        const std::vector<char> block(moved.begin(), moved.end());
        const auto fault = detail::find_text_fault({block.data(), block.size()});
        expect(fault.has_value() == expected.has_value(),
               fault ? "refused, but valid text" : "accepted, but not valid text",
               input);
        if (!fault) continue;
        expect(fault->position == *expected + before, "a fault has the right position", input);
        const bool nul = input[*expected] == '\0';
        expect((fault->kind == detail::TextFault::Kind::nul) == nul,
               "NUL and invalid UTF-8 are distinguished",
               input);
    }
}

void expect_printable(const std::string& shown, std::size_t max_bytes) {
    expect(naive::is_text(shown), "printable text is valid text", shown);
    expect(shown.size() <= max_bytes, "printable text is short", shown);
    for (const char c : shown) {
        expect(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F,
               "printable text has no control characters",
               shown);
    }
}

/// Decodes the key in a path, as in a JSON pointer.
std::string unescape(std::string_view escaped) {
    std::string text;
    for (std::size_t i = 0; i < escaped.size(); ++i) {
        expect(escaped[i] != '/', "a key in a path has no slash", escaped);
        if (escaped[i] == '~' && i + 1 < escaped.size()) {
            text += escaped[++i] == '0' ? '~' : '/';
        } else {
            text += escaped[i];
        }
    }
    return text;
}

Verdict run(std::string_view input) {
    expect_fault(input);
    const std::string shown = detail::printable(input);
    // 64 bytes, and three dots.
    expect_printable(shown, 67);
    const std::string path = detail::FieldPath("Room").key(input).str();
    expect(path.starts_with("Room/"), "a path begins with its root", path);
    const std::string key = detail::printable(input, 64, "\\");
    expect(unescape(std::string_view(path).substr(5)) == key, "a key can be read back", path);
    expect(EventType::is_legal(input) == naive::is_name(input),
           "a name is legal if and only if the rule allows it",
           input);
    return naive::is_text(input) ? Verdict::accepted : Verdict::refused;
}

std::vector<std::string> seeds() {
    return {"plain text, longer than a word of eight bytes",
            "gr\xC3\xBC\xC3\x9F",
            "\xE2\x82\xAC and \xF0\x9F\x98\x80",
            "\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF",
            "a/b~c\td",
            "event.type-1_x",
            std::string(70, 'x')};
}

}  // namespace

const Target text_target{"text", run, nullptr, seeds, true};

}  // namespace roomstore::fuzz
