#include "support/protocol_tap.hpp"

#include <catch2/catch_test_macros.hpp>

namespace roomstore::test {

namespace {

using namespace std::string_literals;

std::string uint32(std::size_t value) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xff);
    return bytes;
}

std::string packet(const std::string& body) { return uint32(body.size() + 4) + body; }
std::string message(char type, const std::string& body) { return type + packet(body); }

std::string query(const std::string& sql) { return message('Q', sql + '\0'); }
std::string parse(const std::string& name, const std::string& sql) {
    return message('P', name + '\0' + sql + '\0' + "\0\0"s);
}
std::string bind(const std::string& portal, const std::string& name) {
    return message('B', portal + '\0' + name + '\0' + "\0\0\0\0\0\0"s);
}
std::string execute(const std::string& portal) { return message('E', portal + '\0' + uint32(0)); }
const std::string sync = message('S', "");
const std::string startup = packet("\0\3\0\0"s + "user\0postgres\0\0"s);

ProtocolTap started() {
    ProtocolTap tap;
    CHECK(tap.from_client(startup).size() == 1);
    return tap;
}

/// The executed statements, as `<SQL>` for each message that executes something.
std::string executed(ProtocolTap& tap, const std::string& bytes) {
    std::string all;
    for (const auto& each : tap.from_client(bytes)) {
        if (each.executes) all += '<' + each.sql + '>';
    }
    return all;
}

std::string joined(const std::vector<ProtocolTap::ClientMessage>& messages) {
    std::string bytes;
    for (const auto& each : messages) bytes += each.bytes;
    return bytes;
}

}  // namespace

TEST_CASE("a statement is found as a simple query") {
    auto tap = started();
    CHECK(executed(tap, query("COMMIT")) == "<COMMIT>");
}

TEST_CASE("a prepared statement is found when it is executed, not when it is parsed") {
    auto tap = started();
    CHECK(executed(tap, parse("end", "COMMIT") + sync) == "");
    CHECK(executed(tap, bind("", "end") + execute("") + sync) == "<COMMIT>");
    CHECK(executed(tap, bind("portal", "end") + sync) == "");
    const auto messages = tap.from_client(execute("portal") + sync);
    CHECK(messages.at(0).prepared_name == "end");
    CHECK(messages.at(0).sql == "COMMIT");
    CHECK_FALSE(messages.at(0).ends_request);
    CHECK(messages.at(1).ends_request);
}

TEST_CASE("statements are found among others in one segment") {
    auto tap = started();
    const auto segment = query("BEGIN") + parse("", "INSERT") + bind("", "") + execute("") +
                         parse("", "COMMIT") + bind("", "") + execute("") + sync;
    CHECK(executed(tap, segment) == "<BEGIN><INSERT><COMMIT>");
}

TEST_CASE("messages are the same however they are split into segments") {
    const auto stream = startup + query("BEGIN") + parse("", "COMMIT") + bind("", "") +
                        execute("") + sync + query("SELECT 'COMMIT'");
    for (std::size_t size = 1; size <= stream.size(); ++size) {
        ProtocolTap tap;
        std::string bytes;
        std::string statements;
        for (std::size_t at = 0; at < stream.size(); at += size) {
            const auto messages = tap.from_client(stream.substr(at, size));
            bytes += joined(messages);
            for (const auto& each : messages) statements += each.executes ? each.sql + ';' : "";
        }
        CHECK(bytes == stream);
        CHECK(statements == "BEGIN;COMMIT;SELECT 'COMMIT';");
    }
}

TEST_CASE("text inside a value is not taken for a statement") {
    CHECK(has_statement("COMMIT", "COMMIT"));
    CHECK(has_statement("  commit", "COMMIT"));
    CHECK(has_statement("SELECT 1;\nCommit", "COMMIT"));
    CHECK(has_statement("BEGIN; SET x = 1; COMMIT; SET y = 1", "SET y"));
    CHECK_FALSE(has_statement("SELECT 'x; COMMIT'", "COMMIT"));
    CHECK_FALSE(has_statement("SELECT \"; COMMIT\"", "COMMIT"));
    CHECK_FALSE(has_statement("INSERT COMMIT", "COMMIT"));
    CHECK_FALSE(has_statement("COMM", "COMMIT"));
    CHECK_FALSE(has_statement("BEGIN; SET x = 1; COMMIT; SET y = 1", "COMMIT"));
    auto tap = started();
    // A parameter whose bytes look like a message.
    const auto hostile = message('B', "\0\0\0\0\0\1"s + packet(query("COMMIT")) + "\0\0"s);
    CHECK(executed(tap, hostile) == "");
}

TEST_CASE("after refused TLS the startup continues unencrypted") {
    ProtocolTap tap;
    CHECK(tap.from_client(packet("\x04\xd2\x16\x2f"s)).size() == 1);
    CHECK(tap.from_server("N").at(0).bytes == "N");
    CHECK(tap.from_client(startup).size() == 1);
    CHECK(executed(tap, query("COMMIT")) == "<COMMIT>");
}

TEST_CASE("encrypted bytes are passed on without being parsed") {
    ProtocolTap tap;
    tap.from_client(packet("\x04\xd2\x16\x2f"s));
    tap.from_server("S");
    CHECK(joined(tap.from_client("\x16\x03\x01")) == "\x16\x03\x01");
    CHECK(tap.from_server("\x16\x03").at(0).bytes == "\x16\x03");
}

TEST_CASE("a cancel request is distinguished from a startup message") {
    ProtocolTap tap;
    const auto messages = tap.from_client(packet("\x04\xd2\x16\x2e"s + uint32(1) + uint32(2)));
    REQUIRE(messages.size() == 1);
    CHECK(messages[0].is_cancel_request);
    ProtocolTap other;
    CHECK_FALSE(other.from_client(startup).at(0).is_cancel_request);
}

TEST_CASE("the end of each answer is found") {
    auto tap = started();
    const auto ready = message('Z', "I");
    const auto done = message('C', "COMMIT\0"s);
    const auto stream = ready + done + ready;
    std::string ends;
    for (const char byte : stream) {
        for (const auto& each : tap.from_server({&byte, 1}))
            ends += each.ready_for_query ? 'Z' : '.';
    }
    CHECK(ends == "Z.Z");
}

}  // namespace roomstore::test
