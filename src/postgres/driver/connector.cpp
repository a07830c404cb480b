#include "driver/connector.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "driver/libpq/connect.hpp"

namespace roomstore::postgres {

Connector::Connector(Servers& servers, ServerControl& control)
    : servers_(servers), control_(control), random_(std::random_device{}()) {}

void Connector::connect(Clock::time_point deadline, const Use& use) {
    std::optional<Failure> failure;
    const auto failed = [&](const Failure& next) {
        auto all = next;
        if (failure && failure->text != next.text) {
            all.text = fmt::format("{}; {}", failure->text, next.text);
        }
        all.no_server = next.no_server && (!failure || failure->no_server);
        failure = std::move(all);
    };
    const auto over = [&] { return control_.stopped() || Clock::now() >= deadline; };
    const auto first = servers_.order.first();
    for (const auto target : targets_from(first.target)) {
        const ServerPlace next_target{.target = (target + 1) % servers_.plan.targets.size()};
        // If this target takes all the remaining time, the next attempt begins after it.
        next_place_ = next_target;
        std::vector<std::string> addresses;
        try {
            addresses = addresses_of(target, target == first.target ? first.address : "");
        } catch (const Failure& next) {
            failed(next);
            servers_.order.begin_with(next_place_);
        }
        for (std::size_t i = 0; i < addresses.size() && !over(); ++i) {
            next_place_ = i + 1 < addresses.size()
                              ? ServerPlace{.target = target, .address = addresses[i + 1]}
                              : next_target;
            try {
                connect_to(target, addresses[i], deadline, use);
                return;
            } catch (const Failure& next) {
                failed(next);
            }
            // Like libpq, try no other server after one has refused the role.
            if (failure->code == errc::access_denied) throw *failure;
            servers_.order.begin_with(next_place_);
        }
        if (over()) break;
    }
    if (!failure) throw classify({}, "connecting was stopped", true);
    if (!over() && !servers_.plan.begin_with_last) servers_.order.begin_with({});
    throw *failure;
}

void Connector::move_on() const { servers_.order.move_on(place_, next_place_); }

std::vector<std::size_t> Connector::targets_from(std::size_t first) {
    std::vector<std::size_t> order(servers_.plan.targets.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    if (servers_.plan.shuffled) {
        std::ranges::shuffle(order, random_);
    } else {
        std::ranges::rotate(order, order.begin() + static_cast<std::ptrdiff_t>(first));
    }
    return order;
}

std::vector<std::string> Connector::addresses_of(std::size_t target, const std::string& first) {
    const auto& server = servers_.plan.targets[target];
    auto [addresses, resolved] = find_addresses(server);
    if (resolved && servers_.plan.shows_resolved_hosts) server.allow_to_show();
    if (servers_.plan.shuffled) std::ranges::shuffle(addresses, random_);
    const auto begin = std::ranges::find(addresses, first);
    if (begin != addresses.end()) std::ranges::rotate(addresses, begin);
    return addresses;
}

void Connector::connect_to(std::size_t target,
                           const std::string& address,
                           Clock::time_point deadline,
                           const Use& use) {
    const auto& server = servers_.plan.targets[target];
    const auto limit = std::min(deadline, Clock::now() + servers_.plan.connect_timeout);
    const auto quoting = servers_.accepted ? Quoting::allowed : Quoting::forbidden;
    auto connection = postgres::connect_to(server, address, quoting, limit, control_);
    servers_.accepted = true;
    server.allow_to_show();
    use(std::move(connection),
        fmt::format(
            R"({}, database "{}")", server_name(server, address), server.settings.at("dbname")),
        limit);
    place_ = {.target = target, .address = address};
    servers_.order.begin_with(servers_.plan.begin_with_last ? place_ : ServerPlace{});
}

}  // namespace roomstore::postgres
