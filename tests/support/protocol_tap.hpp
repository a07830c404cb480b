#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace roomstore::test {

/// Cuts both directions of one connection to PostgreSQL into the messages of its protocol (manual,
/// chapter 55), however the bytes arrive. A connection that turns to TLS or GSSAPI is passed on
/// unread from there.
class ProtocolTap {
public:
    struct ClientMessage {
        std::string bytes{};
        /// Something is executed: these statements, by their SQL. A prepared one is executed by
        /// Execute, not by Parse or Bind.
        std::string sql{};
        /// The name under which it was prepared; empty for none.
        std::string prepared_name{};
        bool executes = false;
        /// The server answers everything up to here with one ReadyForQuery.
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
        asked,     // SSLRequest or GSSENCRequest, to be answered by a single byte
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

/// Whether one of the statements in `sql` begins with `beginning`, whatever the case of letters. A
/// COMMIT that ends what a BEGIN of the same text began is none: a script such as sets up a
/// session.
bool has_statement(std::string_view sql, std::string_view beginning);

}  // namespace roomstore::test
