#pragma once

#include <exception>
#include <string>
#include <string_view>

#include "roomstore/error.hpp"

namespace roomstore::postgres {

/// What may help after a failure, if the work can be re-run at all.
enum class Remedy {
    none,
    /// Re-run on the same session: a lock timeout, a deadlock, a serialization failure.
    rerun,
    /// Re-run on a new connection.
    reconnect,
    /// Re-run on a new connection, but only once: the state of the old session caused the failure.
    reconnect_once,
};

/// A failure of a session or its server. A plain value that is passed between threads, and the only
/// form in which the driver reports errors.
struct Failure : std::exception {
    /// The error code for the caller if no remedy helps.
    errc code = errc::internal;
    Remedy remedy = Remedy::none;
    /// The connection is lost.
    bool broken = false;
    /// The connection works, but must not be used again.
    bool discard = false;
    /// The connection is lost because the store cut it to end a call; nothing is wrong with the
    /// server.
    bool cut_by_store = false;
    /// There is no server to connect to: every address refuses connections, the socket does not
    /// exist, or the name is unknown. No time was lost to find out, and none may help.
    bool no_server = false;
    /// A COMMIT was sent, and its answer was lost or leaves the outcome open.
    bool in_doubt = false;
    /// Five characters (PostgreSQL manual, Appendix A), or empty.
    std::string sqlstate;
    /// The message of the server or of libpq; UTF-8, without a trailing newline.
    std::string text;

    const char* what() const noexcept override { return text.c_str(); }
};

/// Classifies an error of the server. `broken`: the connection did not survive it.
Failure classify(std::string sqlstate, std::string text, bool broken);

/// Whether the transaction may be committed although the server answered COMMIT with this error. If
/// several servers commit together, some may have done so before an error stopped the others.
bool leaves_commit_in_doubt(std::string_view sqlstate);

/// A parsed error message of libpq.
struct ServerText {
    std::string sqlstate;
    std::string text;
};

/// Extracts the SQLSTATE from a message that libpq wrote with verbosity VERBOSE (`ERROR:  23505:
/// duplicate key ...`), and drops the lines that name the server's source files. libpqxx and failed
/// connection attempts provide the code nowhere else.
ServerText parse_server_text(std::string_view verbose);

}  // namespace roomstore::postgres
