#pragma once

#include <memory>
#include <string>

#include "roomstore/error.hpp"

namespace roomstore::detail {

/// Returns `pointer`, and throws if it is null, so that the error occurs when an object is
/// constructed, not in a later call.
template <typename T>
std::shared_ptr<T> not_null(std::shared_ptr<T> pointer, const char* parameter) {
    if (pointer == nullptr) {
        throw Error(errc::invalid_argument, std::string(parameter) + ": null");
    }
    return pointer;
}

}  // namespace roomstore::detail
