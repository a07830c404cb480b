#include "support/protocol_tap.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <utility>

namespace roomstore::test {

namespace {

constexpr std::uint32_t cancel_request = 80877102;
constexpr std::uint32_t ssl_request = 80877103;
constexpr std::uint32_t gssapi_request = 80877104;

std::uint32_t uint32_at(std::string_view bytes, std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        value = value << 8U | static_cast<unsigned char>(bytes[at + i]);
    }
    return value;
}

/// Removes the first message from `buffer` if it is complete. `type_bytes` is 1, or 0 before the
/// connection is set up; the length that follows includes itself.
std::optional<std::string> take_message(std::string& buffer, std::size_t type_bytes) {
    if (buffer.size() < type_bytes + 4) return std::nullopt;
    const std::size_t length = uint32_at(buffer, type_bytes);
    if (length < 4) throw std::runtime_error("not a message of PostgreSQL's protocol");
    if (buffer.size() < type_bytes + length) return std::nullopt;
    std::string message = buffer.substr(0, type_bytes + length);
    buffer.erase(0, type_bytes + length);
    return message;
}

/// The text that begins at `at` and ends with a NUL; moves `at` past the NUL.
std::string take_text(std::string_view bytes, std::size_t& at) {
    const auto end = std::min(bytes.find('\0', at), bytes.size());
    std::string text(bytes.substr(at, end - at));
    at = end + 1;
    return text;
}

}  // namespace

std::vector<ProtocolTap::ClientMessage> ProtocolTap::from_client(std::string_view bytes) {
    client_ += bytes;
    std::vector<ClientMessage> messages;
    while (phase_ == Phase::startup || phase_ == Phase::messages) {
        auto message = take_message(client_, phase_ == Phase::startup ? 0 : 1);
        if (!message) return messages;
        messages.push_back(phase_ == Phase::startup ? first_packet(std::move(*message))
                                                    : typed_message(std::move(*message)));
    }
    if (phase_ == Phase::opaque && !client_.empty()) {
        messages.push_back({.bytes = std::exchange(client_, {})});
    }
    return messages;
}

ProtocolTap::ClientMessage ProtocolTap::first_packet(std::string bytes) {
    ClientMessage message{.bytes = std::move(bytes)};
    switch (message.bytes.size() < 8 ? 0 : uint32_at(message.bytes, 4)) {
        case cancel_request:
            message.is_cancel_request = true;
            phase_ = Phase::opaque;
            break;
        case ssl_request:
        case gssapi_request:
            phase_ = Phase::asked;
            break;
        default:
            phase_ = Phase::messages;
    }
    return message;
}

ProtocolTap::ClientMessage ProtocolTap::typed_message(std::string bytes) {
    ClientMessage message{.bytes = std::move(bytes)};
    std::size_t at = 5;
    switch (message.bytes[0]) {
        case 'Q':  // Query
            message.executes = true;
            message.ends_request = true;
            message.sql = take_text(message.bytes, at);
            break;
        case 'P': {  // Parse: name, SQL
            const auto name = take_text(message.bytes, at);
            statements_[name] = take_text(message.bytes, at);
            break;
        }
        case 'B': {  // Bind: portal, name
            const auto portal = take_text(message.bytes, at);
            portals_[portal] = take_text(message.bytes, at);
            break;
        }
        case 'E':  // Execute: portal
            message.executes = true;
            message.prepared_name = portals_[take_text(message.bytes, at)];
            message.sql = statements_[message.prepared_name];
            break;
        case 'S':  // Sync
        case 'F':  // FunctionCall
            message.ends_request = true;
            break;
        default:
            break;
    }
    return message;
}

std::vector<ProtocolTap::ServerMessage> ProtocolTap::from_server(std::string_view bytes) {
    server_ += bytes;
    std::vector<ServerMessage> messages;
    if (phase_ == Phase::asked && !server_.empty()) {
        // If refused, the client sends another startup packet, or disconnects.
        phase_ = server_[0] == 'N' ? Phase::startup : Phase::opaque;
        messages.push_back({.bytes = server_.substr(0, 1)});
        server_.erase(0, 1);
    }
    if (phase_ == Phase::opaque) {
        if (!server_.empty()) messages.push_back({.bytes = std::exchange(server_, {})});
        return messages;
    }
    while (auto message = take_message(server_, 1)) {
        const bool ready = (*message)[0] == 'Z';
        messages.push_back({.bytes = std::move(*message), .ready_for_query = ready});
    }
    return messages;
}

bool has_statement(std::string_view sql, std::string_view beginning) {
    const auto equal = [](unsigned char a, unsigned char b) {
        return std::toupper(a) == std::toupper(b);
    };
    const auto begins_with = [&](std::size_t at, std::string_view text) {
        return std::ranges::equal(sql.substr(at, text.size()), text, equal);
    };
    bool first = true;
    bool at_begin = true;
    bool opens_transaction = false;
    char quote = '\0';
    for (std::size_t at = 0; at < sql.size(); ++at) {
        const char c = sql[at];
        if (quote != '\0') {
            if (c == quote) quote = '\0';
        } else if (c == ';') {
            at_begin = true;
        } else if (std::isspace(static_cast<unsigned char>(c)) == 0) {
            if (at_begin && begins_with(at, beginning)) {
                const bool own_transaction = opens_transaction && begins_with(at, "COMMIT");
                if (first || !own_transaction) return true;
            }
            if (at_begin && begins_with(at, "BEGIN")) opens_transaction = true;
            at_begin = first = false;
            if (c == '\'' || c == '"') quote = c;
        }
    }
    return false;
}

}  // namespace roomstore::test
