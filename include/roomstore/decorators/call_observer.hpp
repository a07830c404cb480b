#pragma once

#include <chrono>
#include <string_view>
#include <system_error>

#include <asio/error.hpp>

#include "roomstore/detail/asio_check.hpp"
#include "roomstore/detail/visibility.hpp"
#include "roomstore/error.hpp"

namespace roomstore {

/// A call that has ended.
/// @ingroup decorators
struct ObservedCall {
    /// The name of the operation, such as `add_event_auto_index`. A literal: it may be kept.
    /// `ConversationStore::get_conversation` and `ConversationStore::get_timeline` are
    /// `list_events`.
    std::string_view operation{};
    /// The room that the call was about; empty where it names none, or several.
    std::string_view room_id{};
    /// From the first step of the call to its end.
    std::chrono::nanoseconds duration{};
    /// 0 for a call that gave a result; an `errc`; `asio::error::operation_aborted`; and
    /// `errc::internal` for an exception that is no `std::system_error`.
    std::error_code error{};

    /// The error as a name: `ok`, `aborted`, the name of an `errc` such as `not_found`, or `other`.
    /// A literal: it may be kept.
    std::string_view outcome() const noexcept {
        if (!error) return "ok";
        if (error == asio::error::operation_aborted) return "aborted";
        if (error.category() != error_category()) return "other";
        const std::string_view name = to_string(static_cast<errc>(error.value()));
        return name.empty() ? "other" : name;
    }
};

/// Is told of every call that an `ObservedStore` has made.
/// @ingroup decorators
class ROOMSTORE_SHARED CallObserver {
public:
    virtual ~CallObserver() = default;

    /// Called once for each call that was begun and has ended, on the thread of its caller, before
    /// the caller gets the result; for calls of several threads at the same time. The caller waits
    /// for it. `call` and what it refers to, but for literals, live as long as this call.
    virtual void on_call(const ObservedCall& call) noexcept = 0;
};

}  // namespace roomstore
