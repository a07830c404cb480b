// Runs many concurrent callers on one backend, then checks that all results are consistent with a
// single order of the calls.

#include "differential/histories.hpp"

#include <random>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "contract/harness.hpp"
#include "support/run.hpp"

namespace {

using namespace roomstore;
using namespace roomstore::test;

}  // namespace

TEST_CASE("the results of concurrent callers are consistent with a single order", "[concurrency]") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    const auto backend = contract::make_backend();
    const auto store = backend->make_store({});
    run(store->init());

    CallCounts bustle;
    CHECK(violations_of_callers(store, seed, bustle) == std::vector<std::string>{});
    // Without collisions the test would prove nothing.
    CHECK(bustle.appends > 300);
    CHECK(bustle.batches > 50);
    CHECK(bustle.answers_by_key > 20);
    CHECK(bustle.polls > 50);
    CHECK(bustle.marker_reads > 150);
    CHECK(bustle.metadata_reads > 150);
    run(store->close());
}
