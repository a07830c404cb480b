#include "differential/compare.hpp"

#include <algorithm>
#include <utility>

#include "differential/outcome.hpp"
#include "differential/reference_store.hpp"
#include "support/run.hpp"

namespace roomstore::differential {

namespace {

constexpr std::size_t read_all_every = 20;

/// Runs one sequence on the reference and on a store, side by side.
class Comparison {
public:
    Comparison(ConversationStore& store, Sequence sequence)
        : store_(store), sequence_(std::move(sequence)) {}

    asio::awaitable<std::optional<Mismatch>> run() {
        if (!sequence_.lifecycle) co_await reference_.init();
        const auto& operations = sequence_.operations;
        for (std::size_t i = 0; i < operations.size(); ++i) {
            co_await make(operations[i]);
            made_.push_back(operations[i]);
            if ((i + 1) % read_all_every != 0 && i + 1 != operations.size()) continue;
            const auto rooms = co_await known_rooms();
            for (const auto& read : all_reads(rooms, sequence_.scope)) co_await make(read);
        }
        const auto rooms = co_await known_rooms();
        for (const auto& removal : removals(rooms)) {
            co_await make(removal);
            made_.push_back(removal);
        }
        co_return std::move(mismatch_);
    }

private:
    /// Empty if the reference is closed.
    asio::awaitable<std::vector<Room>> known_rooms() {
        try {
            co_return co_await reference_.list_rooms({.limit = 1000});
        } catch (const Error&) {
            co_return std::vector<Room>();
        }
    }

    /// Makes the call on both, unless a mismatch has been found before.
    asio::awaitable<void> make(const Operation& operation) {
        if (mismatch_) co_return;
        auto expected = co_await operation.run(reference_);
        auto actual = co_await operation.run(store_);
        if (text_of(expected) == text_of(actual)) co_return;
        mismatch_.emplace();
        mismatch_->operations = made_;
        mismatch_->operations.push_back(operation);
        mismatch_->reference = std::move(expected);
        mismatch_->backend = std::move(actual);
    }

    ConversationStore& store_;
    Sequence sequence_;
    ReferenceStore reference_;
    std::vector<Operation> made_;
    std::optional<Mismatch> mismatch_;
};

bool differs(contract::Backend& backend, const Sequence& sequence) {
    return compare_anew(backend, sequence).has_value();
}

}  // namespace

asio::awaitable<std::optional<Mismatch>> compare(ConversationStore& store, Sequence sequence) {
    Comparison comparison(store, std::move(sequence));
    co_return co_await comparison.run();
}

std::optional<Mismatch> compare_anew(contract::Backend& backend, const Sequence& sequence) {
    const auto store = sequence.lifecycle ? backend.make_store({}) : fresh_store(backend);
    auto mismatch = test::run(compare(*store, sequence));
    test::run(store->close());
    return mismatch;
}

namespace {

/// Removes each `chunk` of operations without which the mismatch remains.
Sequence without_chunks(contract::Backend& backend, Sequence sequence, std::size_t chunk) {
    for (std::size_t start = 0; start < sequence.operations.size();) {
        auto shorter = sequence;
        const auto first = shorter.operations.begin() + static_cast<std::ptrdiff_t>(start);
        const auto size = std::min(chunk, sequence.operations.size() - start);
        shorter.operations.erase(first, first + static_cast<std::ptrdiff_t>(size));
        if (differs(backend, shorter)) {
            sequence = std::move(shorter);
        } else {
            start += chunk;
        }
    }
    return sequence;
}

}  // namespace

Sequence shrink(contract::Backend& backend, Sequence sequence) {
    // An operation that could not be removed may be unnecessary after others have been removed.
    for (std::size_t before = 0; before != sequence.operations.size();) {
        before = sequence.operations.size();
        for (auto chunk = std::max<std::size_t>(before / 2, 1); chunk > 0; chunk /= 2) {
            sequence = without_chunks(backend, std::move(sequence), chunk);
        }
    }
    return sequence;
}

std::shared_ptr<ConversationStore> fresh_store(contract::Backend& backend) {
    auto store = backend.make_store({});
    test::run(store->init());
    return store;
}

}  // namespace roomstore::differential
