// main() of a program that starts itself as further processes.

#include <string>
#include <vector>

#include <catch2/catch_session.hpp>

#include "faults/live/live_child.hpp"

int main(int argc, char** argv) {
    std::vector<std::string> arguments(argv + 1, argv + argc);
    if (!arguments.empty() && arguments.front() == "child") {
        arguments.erase(arguments.begin());
        return roomstore::test::live::run_child(arguments);
    }
    return Catch::Session().run(argc, argv);
}
