// Runs the scripts that need a store which outlives the chat server and can be shared, on a private
// PostgreSQL server.

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "support/private_cluster.hpp"
#include "support/process.hpp"

namespace roomstore::test {

namespace {

std::string environment(const char* name) {
    const char* const value = std::getenv(name);
    if (!value) throw std::runtime_error(std::string(name) + " is not set");
    return value;
}

void run_script(const std::string& name, std::vector<std::string> arguments) {
    std::string folder = (std::filesystem::temp_directory_path() / "chat-postgres-XXXXXX").string();
    REQUIRE(::mkdtemp(folder.data()) != nullptr);
    std::vector<std::string> command{
        environment("CHAT_PYTHON"), "-B", environment("CHAT_SCRIPTS") + "/" + name};
    command.insert(command.end(), arguments.begin(), arguments.end());
    // Throws, with the output of the script, unless the script returns 0.
    CHECK_NOTHROW(Process::run(command, {.log = std::filesystem::path(folder) / "log"}));
    std::filesystem::remove_all(folder);
}

}  // namespace

TEST_CASE("Messages, unread counts and read markers survive a restart of the server") {
    run_script("scenario.py", {"--store", test_database()});
}

TEST_CASE("Two chat servers share a database") {
    ::setenv("CHAT_STORE", test_database().c_str(), 1);
    run_script("two_servers_test.py", {});
}

}  // namespace roomstore::test
