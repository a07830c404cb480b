#include <catch2/catch_session.hpp>

#include "support/confinement.hpp"

int main(int argc, char** argv) {
    roomstore::test::seek_rights();
    return Catch::Session().run(argc, argv);
}
