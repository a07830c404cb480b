#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <new>
#include <thread>
#include <utility>
#include <vector>

namespace roomstore::postgres {

/// Runs `step` until there is memory for it, and returns what it returns. For what must not fail
/// half-way, such as the answer to a caller, who would otherwise wait for ever. A step that runs
/// out of memory has changed nothing.
template <typename Step>
auto insist(Step step) {
    for (;;) try {
            return step();
        } catch (const std::bad_alloc&) {
            std::this_thread::sleep_for(std::chrono::milliseconds{1});
        }
}

/// Adds to the end of `list`, likewise.
template <typename T>
void insist_on(std::vector<T>& list, T element) {
    if (list.size() == list.capacity()) {
        insist([&] { list.reserve(std::max<std::size_t>(8, 2 * list.size())); });
    }
    list.push_back(std::move(element));
}

}  // namespace roomstore::postgres
