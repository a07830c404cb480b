#include "differential/test_code.hpp"

#include <sstream>

#include "differential/reference_store.hpp"
#include "roomstore/decorators/call_observer.hpp"
#include "support/run.hpp"

namespace roomstore::differential {

namespace {

std::string indented(const std::string& lines) {
    std::istringstream input(lines);
    std::string text;
    for (std::string line; std::getline(input, line);) text += "        " + line + "\n";
    return text;
}

constexpr const char* opening = R"(#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "contract/fixture.hpp"

namespace roomstore::contract {

using Catch::Detail::stringify;

)";

}  // namespace

void CallCode::add(const std::string& argument) {
    const std::string parameter(1, static_cast<char>('a' + (arguments.size() + 2) / 3));
    declarations += "const auto " + parameter + " = " + argument + ";\n";
    arguments += (arguments.empty() ? "" : ", ") + parameter;
}

std::string failure_code(const CallCode& code, const Error& error) {
    const ObservedCall observed{.error = error.code()};
    auto text = code.declarations + "CHECK_FAILS(" + code.call() +
                ", errc::" + std::string(observed.outcome());
    if (error.code() == errc::invalid_argument) {
        text += ", " + differential::code(error.detail());
    }
    return text + ");\n";
}

std::string test_code(const std::string& case_name,
                      const std::vector<Operation>& operations,
                      bool lifecycle) {
    ReferenceStore reference;
    if (!lifecycle) test::run(reference.init());
    std::string text = opening;
    text += "TEST_CASE(" + code(case_name) + ", \"[differential]\") {\n";
    text += std::string("    const auto store = ") +
            (lifecycle ? "uninitialised_store()" : "fresh_store()") + ";\n";
    for (const auto& operation : operations) {
        text += "    {\n" + indented(test::run(operation.write(reference))) + "    }\n";
    }
    return text + "}\n\n}  // namespace roomstore::contract\n";
}

}  // namespace roomstore::differential
