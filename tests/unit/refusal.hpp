#pragma once

#include <string>
#include <utility>

#include "roomstore/error.hpp"

namespace roomstore::test {

/// The text with which `call` refuses its argument (invalid_argument); empty if it succeeds.
template <typename Call>
std::string refusal(Call&& call) {
    try {
        static_cast<void>(std::forward<Call>(call)());
        return {};
    } catch (const Error& error) {
        if (error.code() != errc::invalid_argument) throw;
        return error.detail();
    }
}

}  // namespace roomstore::test
