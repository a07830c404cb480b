#include "roomstore/memory/detail/thread_index.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

using namespace roomstore;
using roomstore::detail::memory::ThreadIndex;

TEST_CASE("a thread index agrees with a list of replies under random changes") {
    struct Reply {
        std::string root;
        std::int64_t index;
        Timestamp created_at;
    };
    const std::array<std::string, 3> roots{"a", "b", "c"};
    std::mt19937 random(7);
    ThreadIndex threads;
    std::vector<Reply> model;
    for (std::int64_t step = 0; step < 2000; ++step) {
        if (random() % 2 == 0) {
            // Times are unordered and often equal.
            const Timestamp time{std::chrono::microseconds{random() % 20}};
            model.push_back({roots[random() % 3], step, time});
            threads.add(model.back().root, step, time);
        } else if (!model.empty()) {
            const auto victim =
                model.begin() + static_cast<std::ptrdiff_t>(random() % model.size());
            threads.remove(victim->root, victim->index, victim->created_at);
            model.erase(victim);
        }
        for (const auto& root : roots) {
            std::vector<std::int64_t> indexes;
            std::optional<Timestamp> last;
            for (const auto& reply : model) {
                if (reply.root != root) continue;
                indexes.push_back(reply.index);
                last = last ? std::max(*last, reply.created_at) : reply.created_at;
            }
            const auto& replies = threads.replies(root);
            REQUIRE(std::vector<std::int64_t>(replies.begin(), replies.end()) == indexes);
            const auto summary = threads.summary(root);
            REQUIRE(summary.has_value() == !indexes.empty());
            if (summary) {
                REQUIRE(summary->root_event_id == root);
                REQUIRE(summary->reply_count == static_cast<std::int64_t>(indexes.size()));
                REQUIRE(summary->last_reply_at == last);
            }
        }
    }
}

TEST_CASE("removing a missing reply changes nothing") {
    ThreadIndex threads;
    threads.remove("a", 1, Timestamp{});
    threads.add("a", 1, Timestamp{});
    threads.remove("b", 1, Timestamp{});
    threads.remove("a", 2, Timestamp{});
    CHECK(threads.summary("a")->reply_count == 1);
}
