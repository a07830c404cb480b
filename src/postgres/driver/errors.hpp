#pragma once

#include <exception>
#include <string>
#include <string_view>

#include "roomstore/error.hpp"

namespace roomstore::postgres {

/// What may help after a failure, where the work can be run again at all.
enum class Remedy {
    none,
    /// Run it again on the same session: a lock, a deadlock, a serialization failure.
    rerun,
    /// Run it again on a new connection.
    reconnect,
    /// Run it again on a new connection, but only once: state of the old session was in the way.
    reconnect_once,
};

/// What went wrong between a session and its server. A plain value: it crosses threads, and it is
/// the only form in which the driver reports anything.
struct Failure : std::exception {
    /// What the caller is told when no remedy helps.
    errc code = errc::internal;
    Remedy remedy = Remedy::none;
    /// The connection is gone.
    bool broken = false;
    /// The connection works, but must not be used again.
    bool discard = false;
    /// The connection is gone because the store cut it, to end a call: nothing is wrong with the
    /// server.
    bool cut_by_store = false;
    /// A COMMIT was sent, and its answer is not known or does not say what became of it.
    bool in_doubt = false;
    /// Five characters (PostgreSQL manual, Appendix A), or empty.
    std::string sqlstate;
    /// The server's text, or libpq's; UTF-8, without an end of line.
    std::string text;

    const char* what() const noexcept override { return text.c_str(); }
};

/// What an error of the server means to a call. `broken`: the connection did not survive it.
Failure classify(std::string sqlstate, std::string text, bool broken);

/// Whether a server may have committed although this error is its answer to COMMIT. Where several
/// servers commit together, some may have done so before an error stopped the others.
bool leaves_commit_in_doubt(std::string_view sqlstate);

/// An error text of libpq, taken apart.
struct ServerText {
    std::string sqlstate;
    std::string text;
};

/// Takes the SQLSTATE out of a text that libpq wrote with verbosity VERBOSE
/// (`ERROR:  23505: duplicate key ...`), and drops the lines that name the server's source. libpqxx
/// and failed connection attempts keep the code nowhere else.
ServerText parse_server_text(std::string_view verbose);

}  // namespace roomstore::postgres
