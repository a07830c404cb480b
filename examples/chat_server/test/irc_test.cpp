#include "irc.hpp"

#include <optional>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include <roomstore/detail/text.hpp>

#include "connection.hpp"
#include "conversation.hpp"

namespace chat {

using irc::Message;
using irc::parse;
using irc::Tags;

TEST_CASE("A line is parsed into tags, source, command and parameters") {
    CHECK(parse("@a=1;+b;c/d= :nick!u@h privmsg #x  y :the  rest: of it ") ==
          Message{.tags = {{"a", "1"}, {"+b", ""}, {"c/d", ""}},
                  .source = "nick!u@h",
                  .command = "PRIVMSG",
                  .params = {"#x", "y", "the  rest: of it "}});
    CHECK(parse("PING") == Message{.command = "PING"});
    CHECK(parse("  PING  x  ") == Message{.command = "PING", .params = {"x"}});
    CHECK(parse("X :") == Message{.command = "X", .params = {""}});
    CHECK(parse("X a:b :c") == Message{.command = "X", .params = {"a:b", "c"}});
}

TEST_CASE("A line without a command is not a message") {
    for (const char* line : {"", " ", "@tag", "@tag ", ":source", "@tag :source ", "@"}) {
        CAPTURE(line);
        CHECK_FALSE(parse(line));
    }
}

TEST_CASE("The fifteenth parameter takes the rest of the line") {
    const auto message = parse("X 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16");
    REQUIRE(message);
    CHECK(message->params.size() == 15);
    CHECK(message->params.back() == "15 16");
}

TEST_CASE("Tag values survive escaping, and the last of equal keys counts") {
    const std::string odd = "a;b c\\d\re\nf:s";
    const std::string written = irc::serialize_tags({{"k", odd}, {"flag", ""}});
    CHECK(written == "@flag;k=a\\:b\\sc\\\\d\\re\\nf:s ");
    CHECK(parse(written + "X")->tags == Tags{{"k", odd}, {"flag", ""}});
    CHECK(parse("@k=lone\\ X")->tags == Tags{{"k", "lone"}});
    CHECK(parse("@k=\\b X")->tags == Tags{{"k", "b"}});
    CHECK(parse("@k=1;k=2;=3;; X")->tags == Tags{{"k", "2"}});
    CHECK(irc::serialize_tags({}).empty());
}

TEST_CASE("A serialized line has exactly one line end") {
    CHECK(irc::serialize({.source = "s", .command = "X", .params = {"a", "b c"}}) ==
          ":s X a :b c\r\n");
    CHECK(irc::serialize({.source = "", .command = "X", .params = {}}) == "X\r\n");
    CHECK(irc::serialize(
              {.source = "s", .command = "X", .params = {std::string_view("a\r\nQUIT\0:b", 10)}}) ==
          ":s X :a  QUIT :b\r\n");
}

TEST_CASE("A line that is too long is cut between characters") {
    std::string text;
    while (text.size() < 600) text += "é";
    const irc::Line line{.source = "s", .command = "X", .params = {text}};
    const std::string written = irc::serialize(line);
    CHECK(written.size() <= irc::max_line_bytes);
    CHECK(written.size() >= irc::max_line_bytes - 1);
    CHECK_FALSE(roomstore::detail::find_text_fault(written));
    CHECK(irc::uncut_size(line) == 1 + 1 + 1 + 1 + 2 + text.size() + 2);
    CHECK(irc::uncut_size({.source = "", .command = "X", .params = {"a", "b"}}) ==
          irc::serialize({.source = "", .command = "X", .params = {"a", "b"}}).size());
}

TEST_CASE("A client's line may have 512 bytes, and its tags 4096") {
    const std::string rest(510, 'x');
    CHECK(irc::fits(rest));
    CHECK_FALSE(irc::fits(rest + "x"));
    const std::string tags = "@" + std::string(4094, 't') + " ";
    CHECK(irc::fits(tags + rest));
    CHECK_FALSE(irc::fits("@t" + tags.substr(1) + "X"));
    CHECK_FALSE(irc::fits(tags + rest + "x"));
    CHECK(irc::fits("@only-tags"));
}

TEST_CASE("Nicks, channel names and client-only tags consist of allowed characters only") {
    for (const char* nick : {"a", "A-1", "[]\\`_^{|}", "n23456789012345678901234567890"}) {
        CAPTURE(nick);
        CHECK(irc::is_nick(nick));
    }
    for (const char* nick :
         {"", "1a", "-a", "a b", "a!b", "a@b", "#a", "é", "n234567890123456789012345678901"}) {
        CAPTURE(nick);
        CHECK_FALSE(irc::is_nick(nick));
    }
    for (const char* name : {"#a", "##", "#é", "#a.b-c"}) {
        CAPTURE(name);
        CHECK(irc::is_channel(name));
    }
    for (const char* name : {"", "#", "a", "&a", "#a b", "#a,b", "#a:b", "#a\x07"}) {
        CAPTURE(name);
        CHECK_FALSE(irc::is_channel(name));
    }
    CHECK_FALSE(irc::is_channel("#" + std::string(irc::max_channel_bytes, 'x')));
    CHECK(irc::is_client_only("+draft/reply"));
    for (const char* key : {"", "+", "msgid", "+a b", "+a;b", "+a=b", "+é"}) {
        CAPTURE(key);
        CHECK_FALSE(irc::is_client_only(key));
    }
    CHECK(irc::fold("#ABCxyz[]é") == "#abcxyz[]é");
}

TEST_CASE("A word that cannot be a middle parameter is quoted as a star") {
    CHECK(irc::quotable("word") == "word");
    for (const char* word : {"", ":a", "a b", "a\tb"}) CHECK(irc::quotable(word) == "*");
    CHECK(irc::quotable(std::string(300, 'x')).size() == 200);
}

TEST_CASE("Empty parts of a list are left out") {
    CHECK(irc::split_list("a,b,,c,") == std::vector<std::string>{"a", "b", "c"});
    CHECK(irc::split_list("").empty());
    CHECK(irc::split_list(",").empty());
}

TEST_CASE("IPv4 clients are counted by address, IPv6 clients by /64 network") {
    const auto network = [](const char* address) {
        return network_of(asio::ip::make_address(address)).to_string();
    };
    CHECK(network("192.0.2.7") == "192.0.2.7");
    CHECK(network("::ffff:192.0.2.7") == "192.0.2.7");
    CHECK(network("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::");
    CHECK(network("2001:db8:1:3:3:4:5:6") == "2001:db8:1:3::");
}

TEST_CASE("Written events count as read, waiting ones do not") {
    ReadPosition position;
    CHECK(position.index() == -1);
    CHECK_FALSE(position.unstored());
    position.add(0, "e0", 100);
    position.set_written(99);
    CHECK(position.index() == -1);
    position.set_written(100);
    CHECK(position.index() == 0);
    CHECK(position.unstored() == "e0");
    position.set_stored(0);
    CHECK_FALSE(position.unstored());
    // This event produced no output, and no output is waiting.
    position.add(1, "e1", 100);
    position.set_written(100);
    CHECK(position.unstored() == "e1");
}

TEST_CASE("The position of a reader that is always behind advances, and never too far") {
    ReadPosition position;
    std::uint64_t written = 0;
    std::int64_t last = -1;
    for (std::int64_t index = 0; index < 1000; ++index) {
        position.set_written(written);
        const auto end_of_line = static_cast<std::uint64_t>(index + 1) * 10;
        position.add(index, std::to_string(index), end_of_line);
        written = end_of_line > 500 ? end_of_line - 500 : 0;
        // The read event's line had been written.
        CHECK(static_cast<std::uint64_t>(position.index() + 1) * 10 <= written);
        CHECK(position.index() >= last);
        last = position.index();
    }
    CHECK(last > 800);
}

}  // namespace chat
