#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace roomstore::test {

/// Splits both directions of one connection to PostgreSQL into protocol messages (manual, chapter
/// 55), however the bytes arrive. After a switch to TLS or GSSAPI, the bytes are passed on without
/// being parsed.
class ProtocolTap {
public:
    struct ClientMessage {
        std::string bytes{};
        /// The SQL of the statements that the message executes. A prepared statement is executed by
        /// Execute, not by Parse or Bind.
        std::string sql{};
        /// The name of the prepared statement; empty if there is none.
        std::string prepared_name{};
        bool executes = false;
        /// The server answers everything up to this message with one ReadyForQuery.
        bool ends_request = false;
        bool is_cancel_request = false;
    };

    struct ServerMessage {
        std::string bytes{};
        bool ready_for_query = false;
    };

    std::vector<ClientMessage> from_client(std::string_view bytes);
    std::vector<ServerMessage> from_server(std::string_view bytes);

private:
    enum class Phase {
        startup,   // untyped packets: StartupMessage, SSLRequest, CancelRequest
        asked,     // SSLRequest or GSSENCRequest sent; the answer is a single byte
        messages,  // typed messages
        opaque,
    };

    ClientMessage first_packet(std::string bytes);
    ClientMessage typed_message(std::string bytes);

    Phase phase_ = Phase::startup;
    std::string client_;
    std::string server_;
    std::map<std::string, std::string> statements_;  // SQL by prepared name
    std::map<std::string, std::string> portals_;     // prepared name by portal
};

/// Whether one of the statements in `sql` begins with `beginning`, ignoring case. A COMMIT does not
/// count if a BEGIN precedes it in the same text, as in the script that sets up a session.
bool has_statement(std::string_view sql, std::string_view beginning);

}  // namespace roomstore::test
