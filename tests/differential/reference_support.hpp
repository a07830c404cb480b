#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "roomstore/error.hpp"

namespace roomstore::differential {

template <typename T>
std::vector<T> page_of(const std::vector<T>& all, std::int64_t offset, std::int64_t limit) {
    std::vector<T> page;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto position = static_cast<std::int64_t>(i);
        if (position >= offset && position - offset < limit) page.push_back(all[i]);
    }
    return page;
}
template <typename T>
std::vector<T> page_of(const std::vector<T>& all, const std::optional<Page>& page) {
    return page ? page_of(all, page->offset, page->limit) : all;
}

template <typename T>
T* find_by(std::vector<T>& rows, std::string T::* key, const std::string& wanted) {
    const auto row = std::ranges::find(rows, wanted, key);
    return row == rows.end() ? nullptr : &*row;
}

template <typename T>
std::optional<T> copy_of(const T* row) {
    return row ? std::optional<T>(*row) : std::nullopt;
}

[[noreturn]] inline void refuse(errc code, const std::string& what) { throw Error(code, what); }

}  // namespace roomstore::differential
