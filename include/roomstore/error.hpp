#pragma once

#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

#include "roomstore/detail/visibility.hpp"

namespace roomstore {

/// Why a store refused or failed a call. The codes are few: each stands for something else that the
/// caller does next.
/// @ingroup errors
enum class errc {
    /// The arguments break a rule; the text names the field. Nothing was sent anywhere.
    invalid_argument = 1,
    /// The row that the call needs does not exist.
    not_found,
    /// The id is taken by a different row.
    already_exists,
    /// The index is taken, or the room moved on since the caller looked.
    conflict,
    /// Queue full, or a lock could not be had in time. Try again a little later.
    busy,
    /// The deadline of the call ended first.
    timeout,
    /// The server cannot be reached.
    unavailable,
    /// The server refuses the role, its password or the database, or the role lacks a right; the
    /// text says which. Only a person can mend it.
    access_denied,
    /// The server accepts no writes (a standby, or a failover in progress).
    read_only,
    /// The server has no room left (disk or memory), or the room has no index left.
    storage_full,
    /// Whether a COMMIT took effect could not be settled before the deadline: stored, or not. What
    /// to do
    /// next depends on the call: see `Error::retryable`.
    commit_unknown,
    /// The database holds a schema that this build cannot work with.
    schema_mismatch,
    /// A stored row cannot be read; the text names table, key and value.
    corrupt_data,
    /// The store was closed, or `init()` has not been called.
    closed,
    /// A defect of the library or of the server; the text says what was seen.
    internal,
};

/// The name of `code`, such as `not_found`; empty for a value outside the enumeration. A literal:
/// it may be kept. What tells a person is `std::error_code::message`.
/// @ingroup errors
constexpr std::string_view to_string(errc code) noexcept {
    switch (code) {
        case errc::invalid_argument:
            return "invalid_argument";
        case errc::not_found:
            return "not_found";
        case errc::already_exists:
            return "already_exists";
        case errc::conflict:
            return "conflict";
        case errc::busy:
            return "busy";
        case errc::timeout:
            return "timeout";
        case errc::unavailable:
            return "unavailable";
        case errc::access_denied:
            return "access_denied";
        case errc::read_only:
            return "read_only";
        case errc::storage_full:
            return "storage_full";
        case errc::commit_unknown:
            return "commit_unknown";
        case errc::schema_mismatch:
            return "schema_mismatch";
        case errc::corrupt_data:
            return "corrupt_data";
        case errc::closed:
            return "closed";
        case errc::internal:
            return "internal";
    }
    return {};
}

/// Whether the work of a failed call may have been stored.
/// @ingroup errors
enum class Applied {
    /// Certainly not stored.
    no,
    /// Stored or not: only the server knows (`errc::commit_unknown`).
    unknown,
};

/// What the same call, made once more, does after `errc::commit_unknown`.
/// @ingroup errors
enum class SecondRun {
    /// It may be refused because of what the first run stored (already_exists, false, empty), or do
    /// the work twice.
    unsafe,
    /// It finds out what became of the first run, or does the same again to the same effect.
    settles,
};

namespace detail {

class ROOMSTORE_SHARED ErrorCategory final : public std::error_category {
public:
    const char* name() const noexcept override { return "roomstore"; }

    std::string message(int value) const override {
        switch (static_cast<errc>(value)) {
            case errc::invalid_argument:
                return "invalid argument";
            case errc::not_found:
                return "not found";
            case errc::already_exists:
                return "already exists";
            case errc::conflict:
                return "conflict";
            case errc::busy:
                return "busy";
            case errc::timeout:
                return "timeout";
            case errc::unavailable:
                return "unavailable";
            case errc::access_denied:
                return "access denied";
            case errc::read_only:
                return "read-only";
            case errc::storage_full:
                return "storage full";
            case errc::commit_unknown:
                return "commit outcome unknown";
            case errc::schema_mismatch:
                return "schema mismatch";
            case errc::corrupt_data:
                return "corrupt data";
            case errc::closed:
                return "closed";
            case errc::internal:
                return "internal error";
        }
        return "unknown roomstore error " + std::to_string(value);
    }

    std::error_condition default_error_condition(int value) const noexcept override {
        switch (static_cast<errc>(value)) {
            case errc::invalid_argument:
                return std::errc::invalid_argument;
            case errc::busy:
                return std::errc::resource_unavailable_try_again;
            case errc::timeout:
                return std::errc::timed_out;
            case errc::access_denied:
                return std::errc::permission_denied;
            case errc::storage_full:
                return std::errc::no_space_on_device;
            default:
                return {value, *this};
        }
    }
};

}  // namespace detail

/// The category of every `errc`; its name is `roomstore`.
/// @ingroup errors
ROOMSTORE_SHARED inline const std::error_category& error_category() noexcept {
    static const detail::ErrorCategory category;
    return category;
}

/// Makes `errc` an error code, so that `error.code() == errc::busy` compiles.
/// @ingroup errors
inline std::error_code make_error_code(errc code) noexcept {
    return {static_cast<int>(code), error_category()};
}

/// Whether an error of this code can pass by itself, so that the same call, unchanged, may succeed
/// later: busy, timeout, unavailable and read_only, after which nothing is stored, and
/// commit_unknown, after which it may be. A code does not know its call; of commit_unknown,
/// `Error::retryable` tells whether calling again is safe.
/// @ingroup errors
inline bool is_retryable(const std::error_code& code) noexcept {
    if (code.category() != error_category()) return false;
    switch (static_cast<errc>(code.value())) {
        case errc::busy:
        case errc::timeout:
        case errc::unavailable:
        case errc::read_only:
        case errc::commit_unknown:
            return true;
        default:
            return false;
    }
}

/// What every operation throws when it refuses or fails.
///
/// Two things are thrown beside it. Cancellation arrives as `std::system_error` with
/// `asio::error::operation_aborted`, and always means that nothing was stored. Where the caller's
/// thread runs out of memory it is `std::bad_alloc`: a memory store has then changed nothing; of a
/// PostgreSQL store take it for `commit_unknown`, since it may stand in for an error that could not
/// be made. (Memory that runs out on a thread of the store is `errc::internal`.)
/// @ingroup errors
class ROOMSTORE_SHARED Error : public std::system_error {
public:
    /// @param code     what happened
    /// @param detail   what to tell a person: the field, the operation, the room, the server's text
    /// @param sqlstate the five characters of the SQL standard, empty where there are none
    /// @param second_run what the call does when it is made again; counts for `commit_unknown`
    explicit Error(errc code,
                   std::string detail,
                   std::string sqlstate = {},
                   SecondRun second_run = SecondRun::unsafe)
        : std::system_error(make_error_code(code), detail),
          detail_(std::move(detail)),
          sqlstate_(std::move(sqlstate)),
          second_run_(second_run) {}

    /// The text for a person, without the name of the code that `what()` appends. One line where a
    /// store made it: names in it stand in single quotes, control characters are escaped (`\n`,
    /// `\u2028`), so that it can be written to a log.
    const std::string& detail() const noexcept { return detail_; }

    /// SQLSTATE of the server (PostgreSQL manual, Appendix A), or empty.
    const std::string& sqlstate() const noexcept { return sqlstate_; }

    /// `unknown` for `commit_unknown`, `no` for every other code.
    Applied applied() const noexcept {
        return code() == make_error_code(errc::commit_unknown) ? Applied::unknown : Applied::no;
    }

    /// True where the same call, unchanged, may succeed later and be answered truly: as
    /// `is_retryable(code())`, but of `commit_unknown` only where the second run settles it. That
    /// is so of an append (of an event that keeps its id), an update, an `add_binding` and its
    /// like, and a read marker. A call that creates or deletes a row may be refused because of what
    /// it did the first time: look before you call it again.
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

/// Lets an `errc` stand where a `std::error_code` is asked for.
template <>
struct std::is_error_code_enum<roomstore::errc> : std::true_type {};
