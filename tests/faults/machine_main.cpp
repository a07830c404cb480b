#include <catch2/catch_session.hpp>

#include "support/confinement.hpp"

int main(int argc, char** argv) {
    roomstore::test::enter_user_namespace();
    return Catch::Session().run(argc, argv);
}
