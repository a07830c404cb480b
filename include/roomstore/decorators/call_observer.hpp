#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>
#include <system_error>

#include <asio/error.hpp>

#include "roomstore/detail/asio_check.hpp"
#include "roomstore/detail/visibility.hpp"
#include "roomstore/error.hpp"

namespace roomstore {

namespace detail {

/// The error as a name: see `ObservedCall::outcome`.
inline std::string_view outcome_of(std::error_code error) noexcept {
    if (!error) return "ok";
    if (error == asio::error::operation_aborted) return "aborted";
    if (error.category() != error_category()) return "other";
    const std::string_view name = to_string(static_cast<errc>(error.value()));
    return name.empty() ? "other" : name;
}

}  // namespace detail

/// A completed call.
/// @ingroup decorators
struct ObservedCall {
    /// The name of the operation, such as `add_event_auto_index`. A string literal, so it may be
    /// kept. `ConversationStore::get_conversation` and `ConversationStore::get_timeline` are
    /// reported as `list_events`.
    std::string_view operation{};
    /// The room that the call refers to; empty if it names none or several.
    std::string_view room_id{};
    /// Time from the start of the call to its completion.
    std::chrono::nanoseconds duration{};
    /// 0 if the call returned a result; otherwise an `errc`, `asio::error::operation_aborted`, or
    /// `errc::internal` for an exception that is not a `std::system_error`.
    std::error_code error{};

    /// The error as a name: `ok`, `aborted`, the name of an `errc` such as `not_found`, or `other`.
    /// A string literal, so it may be kept.
    std::string_view outcome() const noexcept { return detail::outcome_of(error); }
};

/// A completed wait: a call of `RoomWatch::next`, of a watch that an `ObservedStore` has made. It
/// is no `ObservedCall`, since its duration tells how long nothing has changed, not how fast the
/// store is.
/// @ingroup decorators
struct ObservedWait {
    /// Number of rooms that were reported; 0 if the wait failed.
    std::size_t rooms = 0;
    /// Time from the start of the wait to its completion.
    std::chrono::nanoseconds duration{};
    /// As `ObservedCall::error`. A wait that was cancelled, or whose watch was closed, ends with
    /// `asio::error::operation_aborted`.
    std::error_code error{};

    /// As `ObservedCall::outcome`.
    std::string_view outcome() const noexcept { return detail::outcome_of(error); }
};

/// Receives every completed call of an `ObservedStore`, and every completed wait of its watches.
/// @ingroup decorators
class ROOMSTORE_SHARED CallObserver {
public:
    virtual ~CallObserver() = default;

    /// Called once for each call that was started and has completed, on the thread of its caller,
    /// before the caller gets the result. May be called from several threads at the same time. The
    /// caller waits for it. `call` and the data it refers to, except for string literals, are valid
    /// only during this call.
    virtual void on_call(const ObservedCall& call) noexcept = 0;

    /// The same for waits. Does nothing unless it is overridden.
    virtual void on_wait(const ObservedWait& wait) noexcept { static_cast<void>(wait); }
};

}  // namespace roomstore
