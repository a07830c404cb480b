#include "pool/call_queue.hpp"

#include <algorithm>
#include <random>
#include <vector>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

using namespace roomstore::postgres;

namespace {

/// Counts how often a queue accesses any element.
class Counted {
public:
    explicit Counted(int given) : number(given) {}

    QueueLinks<Counted>& links() {
        ++looks;
        return links_;
    }
    const QueueLinks<Counted>& links() const {
        ++looks;
        return links_;
    }

    std::size_t bytes() const { return 100 + static_cast<std::size_t>(number); }

    const int number;
    static inline std::size_t looks = 0;

private:
    QueueLinks<Counted> links_;
};

using Queue = LinkedQueue<Counted>;
using Numbers = std::vector<int>;

std::vector<Queue::Pointer> fill(Queue& queue, int count) {
    std::vector<Queue::Pointer> all;
    for (int i = 0; i < count; ++i) {
        all.push_back(std::make_shared<Counted>(i));
        queue.push_back(all.back());
    }
    return all;
}

Numbers drain(Queue& queue) {
    Numbers numbers;
    while (!queue.empty()) numbers.push_back(queue.pop_front()->number);
    return numbers;
}

}  // namespace

TEST_CASE("Removing elements keeps the order of the others") {
    Queue queue;
    const auto all = fill(queue, 6);
    queue.remove(*all[0]);
    queue.remove(*all[3]);
    queue.remove(*all[5]);
    CHECK(queue.size() == 3);
    CHECK(queue.bytes() == 101 + 102 + 104);
    CHECK_FALSE(queue.holds(*all[3]));
    CHECK(queue.holds(*all[4]));
    queue.push_front(all[3]);
    queue.push_back(all[0]);
    CHECK(drain(queue) == Numbers{3, 1, 2, 4, 0});
    CHECK(queue.empty());
    CHECK(queue.size() == 0);
    CHECK(queue.bytes() == 0);
}

TEST_CASE("remove_if removes all matching elements, also at both ends") {
    Queue queue;
    fill(queue, 7);
    CHECK(queue.remove_if([](const Counted& each) { return each.number % 3 == 0; }) == 3);
    CHECK(queue.bytes() == 101 + 102 + 104 + 105);
    CHECK(drain(queue) == Numbers{1, 2, 4, 5});
    fill(queue, 3);
    CHECK(queue.remove_if([](const Counted&) { return true; }) == 3);
    CHECK(queue.empty());
}

TEST_CASE("A queue owns its elements and releases them") {
    std::weak_ptr<Counted> element;
    {
        Queue queue;
        auto made = std::make_shared<Counted>(1);
        element = made;
        queue.push_back(std::move(made));
        CHECK_FALSE(element.expired());
    }
    CHECK(element.expired());
}

TEST_CASE("Removing an element takes constant time, whatever the queue size and the position") {
    const int count = GENERATE(10, 1'000, 40'000);
    CAPTURE(count);
    Queue queue;
    auto all = fill(queue, count);
    std::ranges::shuffle(all, std::minstd_rand(1));
    for (const auto& each : all) {
        Counted::looks = 0;
        queue.remove(*each);
        // The element and its two neighbours.
        if (Counted::looks > 3) FAIL("number of accesses: " << Counted::looks);
    }
    CHECK(queue.empty());
}
