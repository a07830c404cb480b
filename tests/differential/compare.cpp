#include "differential/compare.hpp"

#include <algorithm>
#include <utility>

#include "differential/reference_store.hpp"
#include "support/run.hpp"

namespace roomstore::differential {

namespace {

constexpr std::size_t dump_every = 12;

bool differs(contract::Backend& backend,
             const std::vector<Operation>& sequence,
             const std::string& scope) {
    const auto store = fresh_store(backend);
    const auto mismatch = test::run(compare(*store, sequence, scope));
    test::run(store->close());
    return mismatch.has_value();
}

}  // namespace

asio::awaitable<std::optional<Mismatch>> compare(ConversationStore& store,
                                                 std::vector<Operation> sequence,
                                                 std::string scope) {
    ReferenceStore reference;
    co_await reference.init();
    for (std::size_t i = 0; i < sequence.size(); ++i) {
        auto expected = co_await sequence[i].run(reference);
        auto actual = co_await sequence[i].run(store);
        if (expected != actual) {
            co_return Mismatch{i + 1, sequence[i].code, std::move(expected), std::move(actual)};
        }
        if ((i + 1) % dump_every != 0 && i + 1 != sequence.size()) continue;
        expected = co_await dump(reference, scope);
        actual = co_await dump(store, scope);
        if (expected != actual) {
            // Only what differs is worth reading.
            const auto patch = Json::diff(expected, actual);
            co_return Mismatch{i + 1,
                               "dump after " + sequence[i].code,
                               "see the JSON patch of the backend",
                               patch};
        }
    }
    co_return std::nullopt;
}

std::vector<Operation> shrink(contract::Backend& backend,
                              std::vector<Operation> sequence,
                              const std::string& scope) {
    for (std::size_t chunk = sequence.size() / 2; chunk > 0; chunk /= 2) {
        for (std::size_t start = 0; start < sequence.size();) {
            auto shorter = sequence;
            const auto first = shorter.begin() + static_cast<std::ptrdiff_t>(start);
            const auto size = std::min(chunk, sequence.size() - start);
            shorter.erase(first, first + static_cast<std::ptrdiff_t>(size));
            if (differs(backend, shorter, scope)) {
                sequence = std::move(shorter);
            } else {
                start += chunk;
            }
        }
    }
    return sequence;
}

asio::awaitable<void> remove_rooms(ConversationStore& store) {
    while (true) {
        const auto rooms = co_await store.list_rooms({.limit = 100});
        if (rooms.empty()) co_return;
        for (const auto& room : rooms) co_await store.delete_room(room.id);
    }
}

std::shared_ptr<ConversationStore> fresh_store(contract::Backend& backend) {
    auto store = backend.make_store({});
    test::run(store->init());
    return store;
}

}  // namespace roomstore::differential
