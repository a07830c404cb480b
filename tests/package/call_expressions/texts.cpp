// Calls with strings, optional strings, lists, channel types and JSON as arguments.
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "calls.hpp"

using namespace roomstore;
using asio::awaitable;
using Store = ConversationStore;

namespace {

std::vector<std::string> rooms_of(std::string id) { return {"lobby", std::move(id)}; }

const char* c_string() { return "a C string that does not fit into the string object itself"; }

}  // namespace

std::vector<Call> text_calls() {
    return {
        {"a literal",
         [](Store& store, bool) -> awaitable<void> {
             expect(co_await store.room_exists("lobby"), "there");
             expect(!co_await store.room_exists("a literal that needs memory of its own"),
                    "absent");
         }},
        {"a C string",
         [](Store& store, bool) -> awaitable<void> {
             expect(!co_await store.room_exists(c_string()), "absent");
         }},
        {"a variable, copied and moved",
         [](Store& store, bool) -> awaitable<void> {
             std::string id = long_id;
             expect(!co_await store.room_exists(id), "absent");
             expect(!co_await store.room_exists(std::move(id)), "absent");
         }},
        {"a sum",
         [](Store& store, bool yes) -> awaitable<void> {
             expect(!co_await store.room_exists(long_id + std::to_string(yes)), "absent");
             expect(co_await store.room_exists(std::string("lob") + "by"), "there");
         }},
        {"a part",
         [](Store& store, bool) -> awaitable<void> {
             expect(co_await store.room_exists(std::string("the lobby").substr(4)), "there");
         }},
        {"constructors",
         [](Store& store, bool) -> awaitable<void> {
             const std::string_view view = long_id;
             expect(!co_await store.room_exists(std::string(view)), "absent");
             expect(!co_await store.room_exists(std::string(60, 'a')), "absent");
             expect(!co_await store.room_exists(std::string{long_id}), "absent");
         }},
        {"braces",
         [](Store& store, bool) -> awaitable<void> {
             expect(co_await store.room_exists({"lobby"}), "there");
             expect(!co_await store.room_exists({long_id}), "absent");
         }},
        {"one of two variables, or of two literals",
         [](Store& store, bool yes) -> awaitable<void> {
             const std::string here = "lobby";
             expect(co_await store.room_exists(yes ? here : long_id) == yes, "as chosen");
             expect(co_await store.room_exists(yes ? "lobby" : "nowhere") == yes, "as chosen");
         }},
        {"a conditional text in a variable",
         [](Store& store, bool yes) -> awaitable<void> {
             const std::string id = yes ? long_id + std::to_string(yes) : "lobby";
             expect(co_await store.room_exists(id) == !yes, "as chosen");
         }},
        {"a conditional text from a lambda",
         [](Store& store, bool yes) -> awaitable<void> {
             const auto id = [&] { return yes ? long_id + "!" : std::string("lobby"); };
             expect(co_await store.room_exists(id()) == !yes, "as chosen");
         }},
        {"an optional text or a default",
         [](Store& store, bool yes) -> awaitable<void> {
             std::optional<std::string> id;
             if (yes) id = long_id;
             expect(co_await store.room_exists(id.value_or("lobby")) == !yes, "as chosen");
         }},
        {"a member of a function result",
         [](Store& store, bool) -> awaitable<void> {
             expect(!co_await store.room_exists(room_named(long_id).id), "absent");
         }},
        {"no optional text",
         [](Store& store, bool) -> awaitable<void> {
             expect(!co_await store.resolve_identity("sms", long_text), "nobody");
             expect(!co_await store.resolve_identity("sms", long_text, {}), "nobody");
             expect(!co_await store.resolve_identity("sms", long_text, std::nullopt), "nobody");
         }},
        {"an optional text from a text",
         [](Store& store, bool) -> awaitable<void> {
             expect(!co_await store.resolve_identity("sms", "+1", "org"), "nobody");
             expect(!co_await store.resolve_identity("sms", "+1", long_text), "nobody");
             expect(!co_await store.resolve_identity("sms", "+1", {long_text}), "nobody");
         }},
        {"an optional text from a function",
         [](Store& store, bool) -> awaitable<void> {
             expect(!co_await store.resolve_identity(
                        "sms", "+1", std::make_optional<std::string>(long_text)),
                    "nobody");
         }},
        {"an optional text in a variable",
         [](Store& store, bool yes) -> awaitable<void> {
             auto organization = yes ? std::optional(long_text + "!") : std::nullopt;
             expect(!co_await store.resolve_identity("sms", "+1", organization), "nobody");
             expect(!co_await store.resolve_identity("sms", "+1", std::move(organization)),
                    "nobody");
         }},
        {"a channel type",
         [](Store& store, bool yes) -> awaitable<void> {
             expect(!co_await store.resolve_identity(ChannelType::sms, "+1"), "nobody");
             expect(!co_await store.resolve_identity("a_type_of_more_than_fifteen_bytes", "+1"),
                    "nobody");
             const ChannelType type =
                 yes ? ChannelType("a_type_of_more_than_fifteen_bytes") : ChannelType::sms;
             expect(!co_await store.resolve_identity(type, "+1"), "nobody");
         }},
        {"an optional status",
         [](Store& store, bool yes) -> awaitable<void> {
             const auto id = co_await store.find_room_id_by_channel(
                 long_text, yes ? std::optional(RoomStatus::active) : std::nullopt);
             expect(!id, "no room");
         }},
        {"a list in a variable, copied and moved",
         [](Store& store, bool) -> awaitable<void> {
             std::vector<std::string> rooms = {"lobby", long_id};
             expect((co_await store.get_unread_counts(long_text, rooms)).size() == 2, "two rooms");
             const auto counts = co_await store.get_unread_counts(long_text, std::move(rooms));
             expect(counts.size() == 2, "two rooms");
         }},
        {"a list from a function",
         [](Store& store, bool) -> awaitable<void> {
             const auto counts = co_await store.get_unread_counts(long_text, rooms_of(long_id));
             expect(counts.size() == 2, "two rooms");
         }},
        {"an empty list, and a list of equal ids",
         [](Store& store, bool) -> awaitable<void> {
             expect((co_await store.get_unread_counts("c", {})).empty(), "no room");
             expect((co_await store.get_unread_counts("c", std::vector<std::string>(1, long_id)))
                            .size() == 1,
                    "one room");
         }},
        {"JSON in a variable, or empty",
         [](Store& store, bool) -> awaitable<void> {
             const Json patch = {{"k", long_text}};
             const auto room = co_await store.patch_room_metadata("lobby", patch);
             expect(room && room->metadata == patch, "patched");
             const auto same = co_await store.patch_room_metadata("lobby", Json::object());
             expect(same && same->metadata == patch, "as it was");
         }},
        {"a result in an expression",
         [](Store& store, bool yes) -> awaitable<void> {
             expect(yes || !co_await store.room_exists(long_id + "!"), "absent");
             expect(co_await store.get_event_count("lobby") + 1 == 1, "empty");
         }},
    };
}
