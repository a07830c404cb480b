#include <limits>

#include "contract/refusing.hpp"

/// Contents of events that break a rule.
namespace roomstore::contract {

namespace {

constexpr auto nan = std::numeric_limits<double>::quiet_NaN();
constexpr auto infinity = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("contents that break a rule are refused by name", "[validation][events]") {
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

TEST_CASE("a composite without parts, or nested deeper than five, is refused",
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
    // An edit between composites does not start the count anew.
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

TEST_CASE("a content of unknown kind must have a tag that nobody knows", "[validation][events]") {
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
