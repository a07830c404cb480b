#include "contract/fixture.hpp"
#include "support/populated.hpp"

namespace roomstore::contract {

namespace {

void create_rooms(ConversationStore& store, const std::vector<RoomArgs>& rooms) {
    for (const auto& room : rooms) run(store.create_room(sample_room(room)));
}

Ids found(ConversationStore& store, RoomFilter filter, Page page = {.limit = 100}) {
    return ids_of(run(store.find_rooms(std::move(filter), page)));
}

void attach(ConversationStore& store,
            std::string room_id,
            std::string channel_id,
            std::optional<std::string> participant_id = {},
            ChannelType type = ChannelType::sms) {
    run(store.add_binding({.channel_id = std::move(channel_id),
                           .room_id = std::move(room_id),
                           .channel_type = std::move(type),
                           .participant_id = std::move(participant_id),
                           .attached_at = at(0)}));
}

void join(ConversationStore& store, std::string room_id, std::string participant_id) {
    run(store.add_participant({.id = std::move(participant_id),
                               .room_id = std::move(room_id),
                               .channel_id = "any",
                               .joined_at = at(0)}));
}

std::string latest(ConversationStore& store,
                   std::string participant,
                   LatestRoomFilter filter = {}) {
    const auto room = run(store.find_latest_room(std::move(participant), std::move(filter)));
    return room ? room->id : "";
}

}  // namespace

TEST_CASE("rooms are ordered by created_at, then by the bytes of the id", "[rooms]") {
    const auto store = fresh_store();
    create_rooms(*store,
                 {{.id = "second", .created_at = at(1)},
                  {.id = "a", .created_at = at(2)},
                  {.id = "B", .created_at = at(2)},
                  {.id = "ab", .created_at = at(2)},
                  {.id = "a-b", .created_at = at(2)},
                  {.id = "\xC3\xA4", .created_at = at(2)},
                  {.id = "\xEF\xBC\xA1", .created_at = at(2)},
                  {.id = "\xF0\x9F\x98\x80", .created_at = at(2)},
                  {.id = "zz", .created_at = at(2)},
                  {.id = "first", .created_at = at(1) - std::chrono::microseconds{1}}});
    const Ids expected{"first",
                       "second",
                       "B",
                       "a",
                       "a-b",
                       "ab",
                       "zz",
                       "\xC3\xA4",
                       "\xEF\xBC\xA1",
                       "\xF0\x9F\x98\x80"};
    CHECK(ids_of(run(store->list_rooms())) == expected);
    CHECK(found(*store, {}) == expected);
}

TEST_CASE("list_rooms returns the requested page", "[rooms]") {
    const auto store = fresh_store();
    CHECK(run(store->list_rooms()).empty());
    create_rooms(*store, {{.id = "a"}, {.id = "b"}, {.id = "c"}, {.id = "d"}});
    CHECK(ids_of(run(store->list_rooms({.limit = 2}))) == Ids{"a", "b"});
    CHECK(ids_of(run(store->list_rooms({.offset = 2, .limit = 2}))) == Ids{"c", "d"});
    CHECK(ids_of(run(store->list_rooms({.offset = 3, .limit = 2}))) == Ids{"d"});
    CHECK(run(store->list_rooms({.offset = 4})).empty());
    CHECK(run(store->list_rooms({.limit = 0})).empty());
    constexpr auto huge = std::numeric_limits<std::int64_t>::max();
    constexpr auto most = Limits::default_max_page_rows;
    CHECK(run(store->list_rooms({.offset = huge, .limit = most})).empty());
    CHECK(run(store->list_rooms({.offset = 1, .limit = most})).size() == 3);
    CHECK(run(store->list_rooms()).front() == sample_room({.id = "a"}));
}

TEST_CASE("the default limit is 50 rooms for list_rooms and 100 for find_rooms", "[rooms]") {
    const auto store = fresh_store();
    for (int i = 0; i < 101; ++i) {
        run(store->create_room(sample_room({.id = std::to_string(i), .created_at = at(i)})));
    }
    CHECK(run(store->list_rooms()).size() == 50);
    CHECK(run(store->list_rooms()).back().id == "49");
    CHECK(run(store->find_rooms({})).size() == 100);
    CHECK(run(store->find_rooms({})).back().id == "99");
}

TEST_CASE("list_rooms and find_rooms page through thousands of rooms", "[rooms]") {
    const auto store = fresh_store();
    constexpr int rooms = 2100;
    Ids all;
    Ids tagged;
    for (int i = 0; i < rooms; ++i) {
        all.push_back(std::to_string(10'000 + i));
        const bool tag = i % 7 == 0;
        if (tag) tagged.push_back(all.back());
        run(store->create_room(sample_room({.id = all.back(),
                                            .created_at = at(i / 3),
                                            .metadata = Json::object({{"tag", tag}})})));
    }
    CHECK(ids_of(run(store->list_rooms({.limit = rooms}))) == all);
    const Json tag{{"tag", true}};
    CHECK(found(*store, {.metadata = tag}, {.limit = rooms}) == tagged);
    for (const std::int64_t limit : {std::int64_t{1000}, std::int64_t{1500}}) {
        CAPTURE(limit);
        Ids paged;
        for (std::int64_t offset = 0; offset < rooms; offset += limit) {
            const auto page = ids_of(run(store->list_rooms({.offset = offset, .limit = limit})));
            paged.insert(paged.end(), page.begin(), page.end());
        }
        CHECK(paged == all);
    }
    const Ids last_page(tagged.begin() + 250, tagged.end());
    CHECK(found(*store, {.metadata = tag}, {.offset = 250, .limit = rooms}) == last_page);
    CHECK(found(*store, {.metadata = tag}, {.offset = 299, .limit = 1}) == Ids{tagged.back()});
    CHECK(found(*store, {.metadata = tag}, {.offset = 300, .limit = 1}).empty());
}

TEST_CASE("lists of rooms follow updates, deletions and creations", "[rooms]") {
    const auto store = fresh_store();
    create_rooms(*store, {{.id = "a", .created_at = at(1)}, {.id = "b", .created_at = at(2)}});
    run(store->update_room(
        sample_room({.id = "a", .created_at = at(9), .status = RoomStatus::closed})));
    CHECK(ids_of(run(store->list_rooms())) == Ids{"a", "b"});
    CHECK(found(*store, {.status = RoomStatus::active}) == Ids{"b"});
    REQUIRE(run(store->delete_room("a")));
    run(store->create_room(sample_room({.id = "a", .created_at = at(3)})));
    CHECK(ids_of(run(store->list_rooms())) == Ids{"b", "a"});
    CHECK(found(*store, {.status = RoomStatus::active}) == Ids{"b", "a"});
    CHECK(found(*store, {.status = RoomStatus::closed}).empty());
}

TEST_CASE("find_rooms filters by organization, status and metadata, combined", "[rooms]") {
    const auto store = fresh_store();
    const Json vip{{"vip", true}};
    create_rooms(*store,
                 {{.id = "a", .organization_id = "x", .metadata = vip},
                  {.id = "b", .organization_id = "x", .status = RoomStatus::paused},
                  {.id = "c", .organization_id = "y", .metadata = vip},
                  {.id = "d", .metadata = vip},
                  {.id = "e", .organization_id = "x", .metadata = vip}});
    CHECK(found(*store, {}) == Ids{"a", "b", "c", "d", "e"});
    CHECK(found(*store, {.organization_id = "x"}) == Ids{"a", "b", "e"});
    CHECK(found(*store, {.organization_id = "X"}).empty());
    CHECK(found(*store, {.status = RoomStatus::active}) == Ids{"a", "c", "d", "e"});
    CHECK(found(*store, {.metadata = vip}) == Ids{"a", "c", "d", "e"});
    CHECK(found(*store, {.organization_id = "x", .metadata = vip}) == Ids{"a", "e"});
    CHECK(found(*store, {.organization_id = "x", .status = RoomStatus::active}) == Ids{"a", "e"});
    CHECK(found(*store, {.organization_id = "x", .status = RoomStatus::paused}) == Ids{"b"});
    CHECK(found(*store, {.organization_id = "y", .status = RoomStatus::paused}).empty());
    CHECK(found(*store, {.status = RoomStatus::active, .metadata = vip}) ==
          Ids{"a", "c", "d", "e"});
    CHECK(found(*store, {.organization_id = "x", .status = RoomStatus::paused, .metadata = vip})
              .empty());
    CHECK(found(*store, {.organization_id = "x"}, {.offset = 1, .limit = 1}) == Ids{"b"});
    CHECK(found(*store, {.metadata = vip}, {.offset = 1, .limit = 2}) == Ids{"c", "d"});
    CHECK(found(*store, {.metadata = vip}, {.limit = 0}).empty());
}

TEST_CASE("find_rooms uses the current metadata", "[rooms]") {
    const auto store = fresh_store();
    create_rooms(*store, {{.metadata = {{"stage", "new"}}}});
    run(store->patch_room_metadata("room", {{"stage", "won"}}));
    CHECK(found(*store, {.metadata = Json{{"stage", "new"}}}).empty());
    CHECK(found(*store, {.metadata = Json{{"stage", "won"}}}) == Ids{"room"});
}

TEST_CASE("metadata is matched by JSON containment", "[rooms]") {
    struct Case {
        const char* metadata;
        const char* wanted;
        bool contained;
    };
    // PostgreSQL manual, section 8.14.3; each line was also verified on a server.
    const std::vector<Case> cases{
        {R"({})", R"({})", true},
        {R"({"a": 1})", R"({})", true},
        {R"({"a": 1, "b": 2})", R"({"b": 2})", true},
        {R"({"a": 1})", R"({"a": 2})", false},
        {R"({"a": 1})", R"({"b": 1})", false},
        {R"({"a": 1})", R"({"a": 1, "b": 2})", false},
        {R"({"a": 1})", R"({"a": "1"})", false},
        {R"({"a": 1})", R"({"a": true})", false},
        {R"({"a": 0})", R"({"a": false})", false},
        {R"({"a": true})", R"({"a": 1})", false},
        {R"({"a": 1})", R"({"a": 1.0})", true},
        {R"({"a": 100})", R"({"a": 1e2})", true},
        {R"({"a": 0.1})", R"({"a": 0.1})", true},
        {R"({"a": 0.1})", R"({"a": 0.10000000000000002})", false},
        {R"({"a": -0.0})", R"({"a": 0})", true},
        {R"({"a": 9223372036854775807})", R"({"a": 9223372036854775806})", false},
        {R"({"a": 9007199254740993})", R"({"a": 9007199254740992.0})", false},
        {R"({"a": 18446744073709551615})", R"({"a": -1})", false},
        {R"({"a": null})", R"({"a": null})", true},
        {R"({})", R"({"a": null})", false},
        {R"({"a": {}})", R"({"a": null})", false},
        {R"({"a": false})", R"({"a": null})", false},
        {R"({"a": ""})", R"({"a": ""})", true},
        {R"({"a": "x"})", R"({"a": "X"})", false},
        {R"({"a": {"b": 1, "c": 2}})", R"({"a": {"b": 1}})", true},
        {R"({"a": {"b": 1}})", R"({"a": {}})", true},
        {R"({"a": {"b": 1}})", R"({"a": []})", false},
        {R"({"a": []})", R"({"a": {}})", false},
        {R"({"a": {"b": 1}})", R"({"b": 1})", false},
        {R"({"a": {"b": {"c": [1, {"d": 2, "e": 3}]}}})",
         R"({"a": {"b": {"c": [{"d": 2}]}}})",
         true},
        {R"({"a": [1, 2, 3]})", R"({"a": [3, 1]})", true},
        {R"({"a": [1, 2]})", R"({"a": [2, 2, 1, 2]})", true},
        {R"({"a": [1, 2]})", R"({"a": [1, 3]})", false},
        {R"({"a": [1]})", R"({"a": []})", true},
        {R"({"a": []})", R"({"a": [null]})", false},
        {R"({"a": [1]})", R"({"a": 1})", false},
        {R"({"a": 1})", R"({"a": [1]})", false},
        {R"({"a": [[1, 2]]})", R"({"a": [[1]]})", true},
        {R"({"a": [[1, 2]]})", R"({"a": [1]})", false},
        {R"({"a": [[1], [2]]})", R"({"a": [[1, 2]]})", false},
        {R"({"a": [{"b": 1}, {"c": 2}]})", R"({"a": [{"b": 1, "c": 2}]})", false},
        {R"({"a": [{"b": 1}, {"c": 2}]})", R"({"a": [{"c": 2}, {"b": 1}]})", true},
        {R"({"a": ["x", 1, null, true]})", R"({"a": [true, null]})", true},
        {R"({"": {"": ""}})", R"({"": {"": ""}})", true},
    };
    const auto store = store_with_room();
    for (const auto& c : cases) {
        CAPTURE(c.metadata, c.wanted);
        auto room = sample_room();
        room.metadata = Json::parse(c.metadata);
        run(store->update_room(room));
        CHECK(found(*store, {.metadata = Json::parse(c.wanted)}).size() == (c.contained ? 1 : 0));
    }
}

TEST_CASE("find_latest_room finds the newest room of a participant", "[rooms]") {
    const auto store = fresh_store();
    create_rooms(*store,
                 {{.id = "newest", .created_at = at(3)},
                  {.id = "a", .created_at = at(2)},
                  {.id = "b", .created_at = at(2)},
                  {.id = "oldest", .created_at = at(1)}});
    CHECK(latest(*store, "ada").empty());
    join(*store, "newest", "grace");
    join(*store, "oldest", "ada");
    CHECK(latest(*store, "ada") == "oldest");
    join(*store, "b", "ada");
    CHECK(latest(*store, "ada") == "b");
    join(*store, "a", "ada");
    CHECK(latest(*store, "ada") == "b");
    CHECK(run(store->find_latest_room("ada")) == sample_room({.id = "b", .created_at = at(2)}));
    REQUIRE(run(store->remove_participant("b", "ada")));
    CHECK(latest(*store, "ada") == "a");
    REQUIRE(run(store->delete_room("a")));
    CHECK(latest(*store, "ada") == "oldest");
}

TEST_CASE("find_latest_room also finds rooms by participant_id of a binding", "[rooms]") {
    const auto store = fresh_store();
    create_rooms(*store, {{.id = "a", .created_at = at(1)}, {.id = "b", .created_at = at(2)}});
    attach(*store, "a", "one", "ada");
    CHECK(latest(*store, "ada") == "a");
    attach(*store, "b", "one", "grace");
    attach(*store, "b", "two", "ada");
    CHECK(latest(*store, "ada") == "b");
    auto moved = run(store->get_binding("b", "two"));
    REQUIRE(moved);
    moved->participant_id = "grace";
    run(store->update_binding(*moved));
    CHECK(latest(*store, "ada") == "a");
    attach(*store, "b", "three", "ada");
    attach(*store, "b", "four", "ada");
    REQUIRE(run(store->remove_binding("b", "three")));
    CHECK(latest(*store, "ada") == "b");
    attach(*store, "b", "four", {});
    CHECK(latest(*store, "ada") == "a");
    CHECK(latest(*store, "grace") == "b");
}

TEST_CASE("channel_type restricts only the match by binding", "[rooms]") {
    const auto store = fresh_store();
    create_rooms(*store,
                 {{.id = "a", .created_at = at(1)},
                  {.id = "b", .created_at = at(2)},
                  {.id = "c", .created_at = at(3)}});
    join(*store, "a", "ada");
    attach(*store, "b", "one", "ada", ChannelType::email);
    attach(*store, "c", "one", "ada", ChannelType::sms);
    CHECK(latest(*store, "ada") == "c");
    CHECK(latest(*store, "ada", {.channel_type = ChannelType::email}) == "b");
    CHECK(latest(*store, "ada", {.channel_type = ChannelType::voice}) == "a");
    auto changed = run(store->get_binding("b", "one"));
    REQUIRE(changed);
    changed->channel_type = ChannelType::voice;
    run(store->update_binding(*changed));
    CHECK(latest(*store, "ada", {.channel_type = ChannelType::email}) == "a");
    CHECK(latest(*store, "ada", {.channel_type = ChannelType::voice}) == "b");
}

TEST_CASE("without a status find_latest_room considers rooms of every status", "[rooms]") {
    const auto store = fresh_store();
    create_rooms(*store,
                 {{.id = "a", .created_at = at(1)},
                  {.id = "b", .created_at = at(2), .status = RoomStatus::archived},
                  {.id = "c", .created_at = at(4), .status = RoomStatus::paused},
                  {.id = "d", .created_at = at(3), .status = RoomStatus::closed}});
    for (const auto* id : {"a", "b", "c", "d"}) {
        join(*store, id, "ada");
        attach(*store, id, "one", "grace");
    }
    for (const auto* newest : {"c", "d", "b", "a"}) {
        CHECK(latest(*store, "ada") == newest);
        CHECK(latest(*store, "grace") == newest);
        CHECK(latest(*store, "grace", {.channel_type = ChannelType::sms}) == newest);
        REQUIRE(run(store->delete_room(newest)));
    }
}

TEST_CASE("find_latest_room filters by room status", "[rooms]") {
    const auto store = fresh_store();
    create_rooms(*store,
                 {{.id = "a", .created_at = at(1)},
                  {.id = "b", .created_at = at(2), .status = RoomStatus::closed}});
    join(*store, "a", "ada");
    attach(*store, "b", "one", "ada");
    CHECK(latest(*store, "ada", {.status = RoomStatus::active}) == "a");
    CHECK(latest(*store, "ada", {.status = RoomStatus::closed}) == "b");
    CHECK(latest(*store, "ada", {.status = RoomStatus::paused}).empty());
    CHECK(latest(*store, "ada", {.channel_type = ChannelType::email, .status = RoomStatus::closed})
              .empty());
    run(store->update_room(sample_room({.id = "b"})));
    CHECK(latest(*store, "ada", {.status = RoomStatus::active}) == "b");
}

TEST_CASE("rooms are found by channel, oldest first", "[rooms]") {
    const auto store = fresh_store();
    create_rooms(*store,
                 {{.id = "d", .created_at = at(3)},
                  {.id = "b", .created_at = at(2)},
                  {.id = "a", .created_at = at(2)},
                  {.id = "c", .created_at = at(1), .status = RoomStatus::closed}});
    CHECK(run(store->find_room_id_by_channel("line")) == std::nullopt);
    CHECK(run(store->find_room_ids_by_channel("line")).empty());
    for (const auto* id : {"d", "b", "a", "c"}) attach(*store, id, "line");
    attach(*store, "d", "other");

    CHECK(run(store->find_room_id_by_channel("line")) == "c");
    CHECK(run(store->find_room_id_by_channel("line", RoomStatus::active)) == "a");
    CHECK(run(store->find_room_id_by_channel("line", RoomStatus::paused)) == std::nullopt);
    CHECK(run(store->find_room_id_by_channel("other")) == "d");

    CHECK(run(store->find_room_ids_by_channel("line")) == Ids{"c", "a"});
    CHECK(run(store->find_room_ids_by_channel("line", {.limit = 10})) == Ids{"c", "a", "b", "d"});
    CHECK(run(store->find_room_ids_by_channel("line", {.status = RoomStatus::active})) ==
          Ids{"a", "b"});
    CHECK(run(store->find_room_ids_by_channel("line", {.status = RoomStatus::closed})) == Ids{"c"});
    CHECK(run(store->find_room_ids_by_channel("line", {.limit = 0})).empty());
    CHECK(run(store->find_room_ids_by_channel("line", {.limit = 1})) == Ids{"c"});
}

TEST_CASE("channel lookups follow changes of bindings and rooms", "[rooms]") {
    const auto store = fresh_store();
    create_rooms(*store, {{.id = "a", .created_at = at(1)}, {.id = "b", .created_at = at(2)}});
    attach(*store, "a", "line");
    attach(*store, "b", "line");
    REQUIRE(run(store->remove_binding("a", "line")));
    CHECK(run(store->find_room_ids_by_channel("line")) == Ids{"b"});
    attach(*store, "a", "line");
    CHECK(run(store->find_room_ids_by_channel("line")) == Ids{"a", "b"});
    run(store->update_room(sample_room({.id = "a", .status = RoomStatus::archived})));
    CHECK(run(store->find_room_id_by_channel("line", RoomStatus::active)) == "b");
    CHECK(run(store->find_room_id_by_channel("line", RoomStatus::archived)) == "a");
    REQUIRE(run(store->delete_room("a")));
    CHECK(run(store->find_room_ids_by_channel("line")) == Ids{"b"});
}

TEST_CASE("a page of rooms can begin after a position", "[rooms]") {
    const auto store = fresh_store();
    create_rooms(*store,
                 {{.id = "a", .created_at = at(1)},
                  {.id = "b", .created_at = at(1)},
                  {.id = "c", .created_at = at(2)},
                  {.id = "B", .created_at = at(2)}});
    const auto after = [&](const RoomPageCursor& cursor, std::int64_t limit = 10) {
        return ids_of(run(store->list_rooms({.limit = limit, .after = cursor})));
    };
    const RoomPageCursor a(run(store->get_room("a")).value());
    CHECK(after(a) == Ids{"b", "B", "c"});
    CHECK(after(a, 1) == Ids{"b"});
    CHECK(after(a, 0).empty());
    // Whether or not there is such a room.
    CHECK(after({at(1), "aa"}) == Ids{"b", "B", "c"});
    CHECK(after({at(2), "B"}) == Ids{"c"});
    CHECK(after({at(2), "c"}).empty());
    CHECK(after({at(0), "z"}) == Ids{"a", "b", "B", "c"});
    CHECK(after({at(1), std::string(255, 'x')}) == Ids{"B", "c"});
    run(store->delete_room("a"));
    CHECK(after(a) == Ids{"b", "B", "c"});
}

TEST_CASE("pages of rooms by position give every room once, for every filter", "[rooms]") {
    const auto store = fresh_store();
    constexpr std::int64_t rooms = 60;
    const auto statuses = {RoomStatus::active, RoomStatus::closed, RoomStatus::paused};
    for (std::int64_t i = 0; i < rooms; ++i) {
        const auto id = std::to_string(i);
        const auto status = *(statuses.begin() + i % 3);
        create_rooms(*store,
                     {{.id = id,
                       .created_at = at(i % 7),
                       .organization_id = i % 2 == 0 ? "x" : "y",
                       .status = status,
                       .metadata = {{"tag", i % 5}}}});
        if (i % 4 != 0) join(*store, id, "ada");
        if (i % 3 == 0) attach(*store, id, "c1", "ada");
        if (i % 6 == 0) attach(*store, id, "c2", "ada");
    }
    for (unsigned conditions = 0; conditions < 16; ++conditions) {
        CAPTURE(conditions);
        RoomFilter filter;
        if (conditions & 1U) filter.organization_id = "x";
        if (conditions & 2U) filter.status = RoomStatus::closed;
        if (conditions & 4U) filter.metadata.emplace(Json{{"tag", 1}});
        if (conditions & 8U) filter.participant_id = "ada";
        const auto all = found(*store, filter);
        CHECK_FALSE(all.empty());
        for (const std::int64_t limit : {1, 3, 20}) {
            CAPTURE(limit);
            Ids ids;
            Page page{.limit = limit};
            while (ids.size() <= static_cast<std::size_t>(rooms)) {
                const auto part = run(store->find_rooms(filter, page));
                for (const auto& room : part) ids.push_back(room.id);
                if (static_cast<std::int64_t>(part.size()) < limit) break;
                page.after.emplace(part.back());
            }
            CHECK(ids == all);
            if (all.size() < 2) continue;
            CHECK(found(*store, filter, {.offset = 1, .limit = limit}) ==
                  Ids(all.begin() + 1,
                      all.begin() + std::min<std::int64_t>(std::ssize(all), 1 + limit)));
        }
    }
}

TEST_CASE("find_rooms finds the rooms of a participant, each once", "[rooms]") {
    const auto store = fresh_store();
    create_rooms(*store,
                 {{.id = "by row", .created_at = at(3)},
                  {.id = "by bindings", .created_at = at(2)},
                  {.id = "by both", .created_at = at(1)},
                  {.id = "of others", .created_at = at(0)}});
    join(*store, "by row", "ada");
    join(*store, "by both", "ada");
    join(*store, "of others", "bob");
    attach(*store, "by bindings", "c1", "ada");
    attach(*store, "by bindings", "c2", "ada");
    attach(*store, "by both", "c1", "ada");
    attach(*store, "of others", "ada", "bob");
    const RoomFilter ada{.participant_id = "ada"};
    CHECK(found(*store, ada) == Ids{"by both", "by bindings", "by row"});
    CHECK(found(*store, ada, {.offset = 1, .limit = 1}) == Ids{"by bindings"});
    CHECK(found(*store, {.participant_id = "nobody"}).empty());
    for (const auto& [room, organization] :
         {std::pair{"by row", "one"}, {"by bindings", "two"}, {"of others", "one"}}) {
        auto moved = run(store->get_room(room)).value();
        moved.organization_id = organization;
        run(store->update_room(moved));
    }
    CHECK(found(*store, {.organization_id = "one", .participant_id = "ada"}) == Ids{"by row"});
    CHECK(found(*store, {.organization_id = "none", .participant_id = "ada"}).empty());
    // Whatever the status of the participant.
    auto left = run(store->get_participant("by row", "ada")).value();
    left.status = ParticipantStatus::left;
    run(store->update_participant(left));
    CHECK(found(*store, ada, {.offset = 2, .limit = 9}) == Ids{"by row"});
    run(store->remove_participant("by row", "ada"));
    run(store->remove_binding("by both", "c1"));
    run(store->remove_binding("by bindings", "c1"));
    CHECK(found(*store, ada) == Ids{"by both", "by bindings"});
    run(store->delete_room("by both"));
    CHECK(found(*store, ada) == Ids{"by bindings"});
    create_rooms(*store, {{.id = "by both"}});
    CHECK(found(*store, ada) == Ids{"by bindings"});
}

}  // namespace roomstore::contract
