#include "roomstore/detail/field_path.hpp"

#include <string>

#include <catch2/catch_test_macros.hpp>

#include "unit/refusal.hpp"

using roomstore::detail::FieldPath;

TEST_CASE("a path has dots before fields, and JSON pointer syntax for elements") {
    const FieldPath event("RoomEvent");
    const FieldPath source = event.field("source");
    const FieldPath payload = source.field("raw_payload");
    const FieldPath list = payload.key("list");
    CHECK(event.str() == "RoomEvent");
    CHECK(source.str() == "RoomEvent.source");
    CHECK(list.element(12).str() == "RoomEvent.source.raw_payload/list/12");
    CHECK(FieldPath("room_ids").element(0).str() == "room_ids/0");
}

TEST_CASE("keys in a path are escaped as in RFC 6901") {
    const FieldPath path("patch");
    CHECK(path.key("a/b").str() == "patch/a~1b");
    CHECK(path.key("m~n").str() == "patch/m~0n");
    CHECK(path.key("").str() == "patch/");
}

TEST_CASE("untrusted keys are shortened and escaped for logs") {
    const FieldPath path("patch");
    CHECK(path.key("a\nERROR").str() == "patch/a\\nERROR");
    CHECK(path.key(std::string(1000, 'k')).str() == "patch/" + std::string(64, 'k') + "...");
}

TEST_CASE("a refusal has the path, the reason and invalid_argument") {
    const FieldPath room("Room");
    CHECK(roomstore::test::refusal([&] {
              roomstore::detail::throw_invalid(room.field("id"), "empty");
          }) == "Room.id: empty");
}
