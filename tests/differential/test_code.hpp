#pragma once

#include <cstddef>
#include <exception>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <asio/awaitable.hpp>

#include "differential/code.hpp"
#include "differential/operation.hpp"
#include "differential/outcome.hpp"

/// Writes operations as test cases of the contract suite.
namespace roomstore::differential {

/// A call in a test, with each argument in a variable of its own: GCC 12 does not compile
/// initializer lists inside such calls, and short lines are easier to read.
struct CallCode {
    std::string name;
    std::string declarations{};
    std::string arguments{};

    void add(const std::string& argument);
    std::string call() const { return "store->" + name + "(" + arguments + ")"; }
};

/// The statements for a call that failed.
std::string failure_code(const CallCode& code, const Error& error);

/// The checks that `result` equals `expected`. Models are compared as text: they contain free-form
/// JSON, where `==` ignores differences in how a number is written.
template <typename T>
std::string comparison_code(const T&) {
    if constexpr (std::same_as<T, RoomContext>) {
        return "CHECK(stringify(result.room) == stringify(expected.room));\n"
               "CHECK(stringify(result.bindings) == stringify(expected.bindings));\n"
               "CHECK(stringify(result.participants) == stringify(expected.participants));\n";
    } else if constexpr (std::same_as<T, RoomChanges>) {
        return "CHECK(result.exists == expected.exists);\n"
               "CHECK(result.reset == expected.reset);\n"
               "CHECK(result.more == expected.more);\n"
               "CHECK(result.first_index == expected.first_index);\n"
               "CHECK(stringify(result.room) == stringify(expected.room));\n"
               "CHECK(stringify(result.added) == stringify(expected.added));\n"
               "CHECK(stringify(result.updated) == stringify(expected.updated));\n"
               "CHECK(result.deleted == expected.deleted);\n"
               "CHECK((result.cursor.room == 0) == (expected.cursor.room == 0));\n"
               "CHECK(result.cursor.next_index == expected.cursor.next_index);\n"
               "CHECK(result.cursor.revision == expected.cursor.revision);\n"
               "CHECK(result.cursor.from_index == expected.cursor.from_index);\n";
    } else if constexpr (std::same_as<T, InboxPage>) {
        return "REQUIRE(result.entries.size() == expected.entries.size());\n"
               "for (std::size_t i = 0; i < expected.entries.size(); ++i) {\n"
               "const auto& entry = result.entries[i];\n"
               "const auto& wanted = expected.entries[i];\n"
               "CHECK(stringify(entry.room) == stringify(wanted.room));\n"
               "CHECK(stringify(entry.participant) == stringify(wanted.participant));\n"
               "CHECK(entry.channel_id == wanted.channel_id);\n"
               "CHECK(entry.last_read_index == wanted.last_read_index);\n"
               "CHECK(entry.unread == wanted.unread);\n"
               "CHECK(entry.unread_capped == wanted.unread_capped);\n"
               "CHECK(stringify(entry.last_event) == stringify(wanted.last_event));\n"
               "}\n"
               "CHECK(result.next == expected.next);\n";
    } else if constexpr (std::same_as<T, ContextWindow>) {
        return "CHECK(stringify(result.events) == stringify(expected.events));\n"
               "CHECK(result.omitted_before == expected.omitted_before);\n";
    } else if constexpr (holds_model<T>) {
        return "CHECK(stringify(result) == stringify(expected));\n";
    } else {
        return "CHECK(result == expected);\n";
    }
}

/// Makes `call`, whose code is `code`, and returns its code with checks of its outcome.
template <typename T>
asio::awaitable<std::string> write_check(asio::awaitable<T> call, CallCode code) {
    try {
        if constexpr (std::is_void_v<T>) {
            co_await std::move(call);
            co_return code.declarations + "run(" + code.call() + ");\n";
        } else {
            T expected = co_await std::move(call);
            const auto masked = mask_clock(expected);
            std::string text = code.declarations;
            text += masked.empty() ? "const auto" : "auto";
            text += " result = run(" + code.call() + ");\n";
            for (const auto& place : masked) {
                text += "result" + place + " = " + typed_code(masked_time) +
                        ";  // was the store's clock\n";
            }
            text += "const auto expected = " + typed_code(expected) + ";\n";
            co_return text + comparison_code(expected);
        }
    } catch (const Error& error) {
        co_return failure_code(code, error);
    }
}

/// A file with a test case of the contract suite. The test makes `operations` on a new store and
/// expects the outcomes of the reference.
std::string test_code(const std::string& case_name,
                      const std::vector<Operation>& operations,
                      bool lifecycle);

}  // namespace roomstore::differential
