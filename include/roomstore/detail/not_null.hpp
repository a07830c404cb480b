#pragma once

#include <memory>
#include <string>
#include <utility>

#include "roomstore/error.hpp"

namespace roomstore::detail {

/// `pointer`, unless it is null: found where an object is made, not where a call falls over it.
template <typename T>
std::shared_ptr<T> not_null(std::shared_ptr<T> pointer, const char* parameter) {
    if (pointer == nullptr) {
        throw Error(errc::invalid_argument, std::string(parameter) + ": null");
    }
    return pointer;
}

}  // namespace roomstore::detail
