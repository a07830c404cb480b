#pragma once

#include <optional>
#include <string>
#include <vector>

#include "driver/libpq/libpq.hpp"
#include "driver/row.hpp"

namespace roomstore::postgres {

/// Sends several statements in one round trip and then reads their results in order: libpq's
/// pipeline mode (manual, section 34.5), which libpqxx does not offer.
///
/// An object serves one round trip: send, `flush`, then `next` once for each statement sent. The
/// first failure ends it; the failure has `broken` or `discard` set if results are left unread on
/// the connection. A caller that leaves the pipeline early also leaves results unread, and must
/// report that itself.
class Pipeline {
public:
    /// @throws Failure
    explicit Pipeline(PGconn* connection);

    /// Sends a statement. `values` must stay valid until the function returns.
    void send(const std::string& statement, const Values& values = {});
    /// Sends a prepared statement.
    void send_prepared(const std::string& name, const Values& values);
    void flush();

    /// The result of the next statement. Before it throws, it reads all other results.
    /// @throws Failure
    ResultHandle next();

private:
    void require(bool accepted) const;
    bool skip_rest();

    PGconn* connection_;
    int unanswered_ = 0;
};

/// Wraps a result of libpq without copying its text.
Result make_result(ResultHandle result);

}  // namespace roomstore::postgres
