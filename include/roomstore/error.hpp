#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

#include "roomstore/detail/visibility.hpp"

namespace roomstore {

/// Reason why a store refused a call or a call failed. Each code calls for a different reaction by
/// the caller.
/// @ingroup errors
enum class errc {
    /// An argument violates a rule; the text names the field. Nothing was sent to a server.
    invalid_argument = 1,
    /// The row that the call needs does not exist.
    not_found,
    /// The id is taken by a different row.
    already_exists,
    /// The index is taken, or events were appended since the caller read the room.
    conflict,
    /// The queue is full, or a lock was not acquired in time. Retry after a short delay.
    busy,
    /// The deadline of the call expired.
    timeout,
    /// The server cannot be reached.
    unavailable,
    /// The server refuses the role, its password or the database, or the role lacks a privilege;
    /// the text says which. An administrator has to fix this.
    access_denied,
    /// The server accepts no writes (a standby, or a failover in progress).
    read_only,
    /// The server is out of disk space or memory, or the room has no index left.
    storage_full,
    /// The outcome of a COMMIT is unknown, and the changes are either stored or not: the call could
    /// not settle it (its deadline expired, or its re-run failed), or does not settle it at all.
    /// What to do next depends on the call: see `Error::retryable`.
    commit_unknown,
    /// The database holds a schema that this build cannot work with.
    schema_mismatch,
    /// A stored row cannot be read; the text names the table, key and value.
    corrupt_data,
    /// The store was closed, or `init()` has not been called.
    closed,
    /// A bug in the library or the server; the text describes what was observed.
    internal,
};

namespace detail {

struct ErrorCode {
    errc code{};
    std::string_view name;
    const char* message = nullptr;
    /// Whether the same call may succeed later.
    bool retryable = false;
    /// The condition that the code is equal to; none if zero.
    std::errc condition{};
};

inline constexpr std::array error_codes{
    ErrorCode{errc::invalid_argument,
              "invalid_argument",
              "invalid argument",
              false,
              std::errc::invalid_argument},
    ErrorCode{errc::not_found, "not_found", "not found"},
    ErrorCode{errc::already_exists, "already_exists", "already exists"},
    ErrorCode{errc::conflict, "conflict", "conflict"},
    ErrorCode{errc::busy, "busy", "busy", true, std::errc::resource_unavailable_try_again},
    ErrorCode{errc::timeout, "timeout", "timeout", true, std::errc::timed_out},
    ErrorCode{errc::unavailable, "unavailable", "unavailable", true},
    ErrorCode{errc::access_denied,
              "access_denied",
              "access denied",
              false,
              std::errc::permission_denied},
    ErrorCode{errc::read_only, "read_only", "read-only", true},
    ErrorCode{errc::storage_full,
              "storage_full",
              "storage full",
              false,
              std::errc::no_space_on_device},
    ErrorCode{errc::commit_unknown, "commit_unknown", "commit outcome unknown", true},
    ErrorCode{errc::schema_mismatch, "schema_mismatch", "schema mismatch"},
    ErrorCode{errc::corrupt_data, "corrupt_data", "corrupt data"},
    ErrorCode{errc::closed, "closed", "closed"},
    ErrorCode{errc::internal, "internal", "internal error"}};
// `errc::internal` is the last code; new ones come before it.
static_assert(error_codes.size() == static_cast<std::size_t>(errc::internal));

/// The code with that value; all fields empty if there is none. Returned by value: with UBSan,
/// GCC 12 does not accept the address of an element in a constant expression.
constexpr ErrorCode find_error_code(int value) noexcept {
    for (const ErrorCode& each : error_codes) {
        if (static_cast<int>(each.code) == value) return each;
    }
    return {};
}

}  // namespace detail

/// The name of `code`, such as `not_found`; empty for a value outside the enumeration. Refers to a
/// string literal, so it stays valid. For a human-readable text use `std::error_code::message`.
/// @ingroup errors
constexpr std::string_view to_string(errc code) noexcept {
    return detail::find_error_code(static_cast<int>(code)).name;
}

/// Whether the changes of a failed call may have been stored.
/// @ingroup errors
enum class Applied {
    /// Certainly not stored.
    no,
    /// Stored or not: only the server knows (`errc::commit_unknown`).
    unknown,
};

/// Effect of repeating a call after `errc::commit_unknown`.
/// @ingroup errors
enum class SecondRun {
    /// The repeated call may be refused because of what the first call stored (already_exists,
    /// false, empty), or may apply the change twice.
    unsafe,
    /// The repeated call finds out the outcome of the first call, or repeats the change with the
    /// same effect.
    settles,
};

namespace detail {

class ROOMSTORE_SHARED ErrorCategory final : public std::error_category {
public:
    const char* name() const noexcept override { return "roomstore"; }

    std::string message(int value) const override {
        const auto* const message = find_error_code(value).message;
        return message != nullptr ? message : "unknown roomstore error " + std::to_string(value);
    }

    std::error_condition default_error_condition(int value) const noexcept override {
        const auto condition = find_error_code(value).condition;
        if (condition == std::errc{}) return {value, *this};
        return condition;
    }
};

}  // namespace detail

/// The category of every `errc`; its name is `roomstore`.
/// @ingroup errors
ROOMSTORE_SHARED inline const std::error_category& error_category() noexcept {
    static const detail::ErrorCategory category;
    return category;
}

/// Converts `errc` to an error code, so that `error.code() == errc::busy` compiles.
/// @ingroup errors
inline std::error_code make_error_code(errc code) noexcept {
    return {static_cast<int>(code), error_category()};
}

/// Whether an error with this code is transient, so that the same call, unchanged, may succeed
/// later: busy, timeout, unavailable and read_only, after which nothing is stored, and
/// commit_unknown, after which the changes may be stored. The code alone does not identify the
/// call: for commit_unknown, `Error::retryable` tells whether a retry is safe.
/// @ingroup errors
inline bool is_retryable(const std::error_code& code) noexcept {
    return code.category() == error_category() && detail::find_error_code(code.value()).retryable;
}

/// The exception that an operation throws when it is refused or fails.
///
/// Two other exceptions are possible. Cancellation throws `std::system_error` with
/// `asio::error::operation_aborted`, which always means that nothing was stored. If the caller's
/// thread runs out of memory, `std::bad_alloc` is thrown: a memory store has then changed nothing;
/// with a PostgreSQL store treat it as `commit_unknown`, since it may replace an error that could
/// not be constructed. If memory runs out on a thread of the store, the call fails with
/// `errc::internal` or `errc::commit_unknown`, or the process ends.
/// @ingroup errors
class ROOMSTORE_SHARED Error : public std::system_error {
public:
    /// @param code     reason of the failure
    /// @param detail   human-readable text: the field, the operation, the room, the server's text
    /// @param sqlstate five-character SQLSTATE, or empty
    /// @param second_run effect of repeating the call; used only for `commit_unknown`
    explicit Error(roomstore::errc code,
                   std::string detail,
                   std::string sqlstate = {},
                   SecondRun second_run = SecondRun::unsafe)
        : std::system_error(make_error_code(code), detail),
          detail_(std::move(detail)),
          sqlstate_(std::move(sqlstate)),
          second_run_(second_run) {}

    /// The reason of the failure, for a `switch`; the same as `code()`.
    roomstore::errc errc() const noexcept { return static_cast<roomstore::errc>(code().value()); }

    /// Human-readable text, without the message of the code that `what()` appends. The text of a
    /// store's error is a single line that can be written to a log: names are in single quotes,
    /// control characters are escaped (`\n`, `\u2028`).
    const std::string& detail() const noexcept { return detail_; }

    /// SQLSTATE of the server (PostgreSQL manual, Appendix A), or empty.
    const std::string& sqlstate() const noexcept { return sqlstate_; }

    /// `unknown` for `commit_unknown`, `no` for every other code.
    Applied applied() const noexcept {
        return errc() == roomstore::errc::commit_unknown ? Applied::unknown : Applied::no;
    }

    /// Whether the same call, unchanged, may succeed later and return the true outcome. As
    /// `is_retryable(code())`, but true for `commit_unknown` only if a re-run settles the outcome:
    /// for an append (of an event that keeps its id), an update, `add_binding` and similar calls,
    /// and read markers. A call that creates or deletes a row may be refused because of its own
    /// first run: read the current state before calling it again.
    bool retryable() const noexcept {
        if (applied() == Applied::unknown) return second_run_ == SecondRun::settles;
        return is_retryable(code());
    }

private:
    std::string detail_;
    std::string sqlstate_;
    SecondRun second_run_;
};

}  // namespace roomstore

/// Makes `errc` implicitly convertible to `std::error_code`.
template <>
struct std::is_error_code_enum<roomstore::errc> : std::true_type {};
