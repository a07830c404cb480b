#pragma once

#include <optional>
#include <string>
#include <vector>

#include "driver/libpq.hpp"
#include "driver/row.hpp"

namespace roomstore::postgres {

/// Statements that are sent together and answered one after another, in one round trip: libpq's
/// pipeline mode (manual, section 34.5), which libpqxx does not offer.
///
/// An object serves one round trip: send, `flush`, then `next` once for each statement sent. The
/// first failure ends it; it says `broken` or `discard` where it leaves the connection in the
/// middle of its answers. So does whoever leaves the pipeline early, and has to say so himself.
class Pipeline {
public:
    /// @throws Failure
    explicit Pipeline(PGconn* connection);

    /// A statement. The values are borrowed until the end of the call.
    void send(const std::string& statement, const Values& values = {});
    /// A statement that has been prepared.
    void send_prepared(const std::string& name, const Values& values);
    void flush();

    /// The answer to the next statement. Reads all others before it throws.
    /// @throws Failure
    ResultHandle next();

private:
    void require(bool accepted) const;
    bool skip_rest();

    PGconn* connection_;
    int unanswered_ = 0;
};

/// Wraps what libpq returned. No text is copied.
Result make_result(ResultHandle result);

}  // namespace roomstore::postgres
