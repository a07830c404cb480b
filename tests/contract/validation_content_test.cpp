#include <limits>

#include "contract/refusing.hpp"

/// Validation of event contents.
namespace roomstore::contract {

namespace {

constexpr auto nan = std::numeric_limits<double>::quiet_NaN();
constexpr auto infinity = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("invalid contents are refused, naming the field", "[validation][events]") {
    Refusing refuse;
    for (const double bad : {-90.000001, 90.000001, nan, infinity, -infinity}) {
        refuse.content(".latitude", LocationContent{.latitude = bad});
    }
    for (const double bad : {-180.000001, 180.000001, nan, infinity, -infinity}) {
        refuse.content(".longitude", LocationContent{.longitude = bad});
    }
    for (const auto* bad : {"",
                            "ftp://example.org",
                            "http:/",
                            "https:",
                            "HTTP://example.org",
                            " http://example.org",
                            "javascript:alert(1)",
                            "data"}) {
        CAPTURE(bad);
        refuse.content(".url", MediaContent{.url = bad});
        refuse.content(".url", AudioContent{.url = bad});
        refuse.content(".url", VideoContent{.url = bad});
        refuse.content(".thumbnail_url", VideoContent{.url = "data:", .thumbnail_url = bad});
    }
    refuse.content(".size_bytes", MediaContent{.url = "data:", .size_bytes = -1});
    for (const double bad : {-0.1, nan, infinity}) {
        refuse.content(".duration_seconds", AudioContent{.url = "data:", .duration_seconds = bad});
        refuse.content(".duration_seconds", VideoContent{.url = "data:", .duration_seconds = bad});
    }
    refuse.content(".target_event_id", EditContent{});
    refuse.content(".target_event_id", DeleteContent{});
    refuse.content(".new_content.url",
                   EditContent{.target_event_id = "e", .new_content = MediaContent{}});
    refuse.content(".buttons/1", RichContent{.buttons = {Json::object(), Json(1)}});
    refuse.content(".cards/0", RichContent{.cards = {Json(nullptr)}});
    refuse.content(".structured_content", ToolCallContent{.structured_content = Json(1)});
}

TEST_CASE("unknown members must be valid JSON and must not have the name of a field",
          "[validation][events][bindings]") {
    Refusing refuse;
    const std::string nul("a\0b", 3);
    const std::vector<std::pair<std::string, UnknownMembers>> bad{
        {".unknown_members/a", {{"a", nan}}},
        {".unknown_members/a", {{"a", "\xff"}}},
        {".unknown_members/a/1", {{"a", {1, nul}}}},
        {".unknown_members", {{nul, 1}}},
        {".unknown_members", {{"\xff", 1}}}};
    for (const auto& [field, members] : bad) {
        refuse.content(field, TextContent{.unknown_members = members});
        refuse.content(".new_content" + field,
                       EditContent{.target_event_id = "e",
                                   .new_content = RichContent{.unknown_members = members}});
        refuse.content(
            ".parts/1" + field,
            CompositeContent{.parts = {full_text(), SystemContent{.unknown_members = members}}});
        refuse.event("RoomEvent" + field, [&](auto& e) { e.unknown_members = members; });
        refuse.event("RoomEvent.source" + field,
                     [&](auto& e) { e.source.unknown_members = members; });
        refuse.event("RoomEvent.channel_data" + field,
                     [&](auto& e) { e.channel_data.unknown_members = members; });
        refuse.binding("ChannelBinding.capabilities" + field,
                       [&](auto& b) { b.capabilities.unknown_members = members; });
        refuse.binding("ChannelBinding.rate_limit" + field,
                       [&](auto& b) { b.rate_limit->unknown_members = members; });
        refuse.binding("ChannelBinding.retry_policy" + field,
                       [&](auto& b) { b.retry_policy->unknown_members = members; });
    }

    for (auto content : full_contents()) {
        content.visit([](auto& known) {
            if constexpr (requires { known.unknown_members; }) known.unknown_members.set("type", 1);
        });
        if (!content.holds<UnknownContent>()) refuse.content(".unknown_members/type", content);
    }
    const auto named = [](const char* name) { return UnknownMembers{{name, nullptr}}; };
    refuse.content(".unknown_members/language", TextContent{.unknown_members = named("language")});
    refuse.content(".unknown_members/parts",
                   CompositeContent{.parts = {full_text()}, .unknown_members = named("parts")});
    refuse.content(".unknown_members/result", ToolCallContent{.unknown_members = named("result")});
    refuse.event("RoomEvent.unknown_members/type",
                 [&](auto& e) { e.unknown_members = named("type"); });
    refuse.event("RoomEvent.source.unknown_members/raw_payload",
                 [&](auto& e) { e.source.unknown_members = named("raw_payload"); });
    refuse.event("RoomEvent.channel_data.unknown_members/extra",
                 [&](auto& e) { e.channel_data.unknown_members = named("extra"); });
    refuse.binding("ChannelBinding.capabilities.unknown_members/custom",
                   [&](auto& b) { b.capabilities.unknown_members = named("custom"); });
    refuse.binding("ChannelBinding.rate_limit.unknown_members/max_per_hour",
                   [&](auto& b) { b.rate_limit->unknown_members = named("max_per_hour"); });
    refuse.binding("ChannelBinding.retry_policy.unknown_members/max_retries",
                   [&](auto& b) { b.retry_policy->unknown_members = named("max_retries"); });
}

TEST_CASE("a composite without parts or nested more than five deep is refused",
          "[validation][events]") {
    const auto nested = [](int depth) {
        EventContent content = TextContent{.body = "innermost"};
        for (int i = 0; i < depth; ++i) content = CompositeContent{.parts = {content}};
        return content;
    };
    Refusing refuse;
    refuse.content(".parts", CompositeContent{});
    refuse.content(".parts/1.parts", CompositeContent{.parts = {full_text(), CompositeContent{}}});
    refuse.content(".parts/0.parts/0.parts/0.parts/0.parts/0", nested(6));
    refuse.content(".parts/0.parts/0.parts/0.parts/0.parts/0", nested(9));
    // An edit between composites does not reset the nesting depth.
    refuse.content(
        ".parts/0.parts/0.parts/0.new_content.parts/0.parts/0",
        CompositeContent{
            .parts = {CompositeContent{
                .parts = {CompositeContent{
                    .parts = {EditContent{.target_event_id = "e", .new_content = nested(3)}}}}}}});
    const auto store = store_with_room();
    auto event = make_event();
    event.content = nested(5);
    CHECK(run(store->add_event_auto_index("room", event)) == event);
}

TEST_CASE("an UnknownContent must have an unknown type", "[validation][events]") {
    Refusing refuse;
    const auto unknown = [&](const std::string& field, Json raw) {
        refuse.content(field, UnknownContent{.raw = std::move(raw)});
    };
    unknown("/type", Json::object());
    unknown("/type", {{"type", nullptr}});
    unknown("/type", {{"type", 1}});
    unknown("/type", {{"type", ""}});
    unknown("/type", {{"type", "text"}, {"body", "disguised"}});
    unknown("/type", {{"type", "composite"}});
    unknown("/type", {{"type", "\xFF"}});
    unknown("", Json::array());
    unknown("", Json(nullptr));
}

}  // namespace roomstore::contract
