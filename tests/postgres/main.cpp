#include <string>
#include <vector>

#include <catch2/catch_session.hpp>

#include "postgres/child.hpp"

int main(int argc, char** argv) {
    std::vector<std::string> arguments(argv + 1, argv + argc);
    if (!arguments.empty() && arguments.front() == "child") {
        arguments.erase(arguments.begin());
        return roomstore::test::run_child(arguments);
    }
    return Catch::Session().run(argc, argv);
}
