// Runs the programs that earlier tests have built with the installed library.

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>

#include "support/private_cluster.hpp"
#include "support/process.hpp"

namespace roomstore::test {

TEST_CASE("Every consumer of the installed library appends and reads") {
    const char* const programs = std::getenv("ROOMSTORE_CONSUMERS");
    REQUIRE(programs != nullptr);
    const auto database = test_database();
    std::string folder = (std::filesystem::temp_directory_path() / "consumers-XXXXXX").string();
    REQUIRE(::mkdtemp(folder.data()) != nullptr);
    std::istringstream list(programs);
    int number = 0;
    for (std::string program; std::getline(list, program, ':'); ++number) {
        INFO(program);
        const auto schema = "consumer_" + std::to_string(::getpid()) + "_" + std::to_string(number);
        // Throws an exception with the output of the program unless that returns 0.
        CHECK_NOTHROW(Process::run({program, database, schema},
                                   {.log = std::filesystem::path(folder) / "log"}));
        Admin(database).query("DROP SCHEMA IF EXISTS " + schema + " CASCADE");
    }
    CHECK(number > 0);
    std::filesystem::remove_all(folder);
}

}  // namespace roomstore::test
