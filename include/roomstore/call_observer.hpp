#pragma once

#include <chrono>
#include <string_view>
#include <system_error>

#include <asio/error.hpp>

#include "roomstore/error.hpp"

namespace roomstore {

/// A call that has ended.
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
        switch (static_cast<errc>(error.value())) {
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
        return "other";
    }
};

/// Is told of every call that an `ObservedStore` has made.
class CallObserver {
public:
    virtual ~CallObserver() = default;

    /// Called once for each call that was begun and has ended, on the thread of its caller, before
    /// the caller gets the result; for calls of several threads at the same time. The caller waits
    /// for it. `call` and what it refers to, but for literals, live as long as this call.
    virtual void on_call(const ObservedCall& call) noexcept = 0;
};

}  // namespace roomstore
