#pragma once

#include <algorithm>
#include <bitset>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "roomstore/memory/detail/packed_event.hpp"
#include "roomstore/query.hpp"

namespace roomstore::detail::memory {

/// Tests events against an `EventFilter`, which must outlive it.
class EventMatcher {
public:
    explicit EventMatcher(const EventFilter& filter)
        : filter_(filter),
          wanted_(sorted(filter.event_types)),
          unwanted_(sorted(filter.exclude_types)),
          statuses_(statuses(filter)) {}

    /// Whether every event passes.
    bool passes_all() const noexcept {
        return !wanted_ && !unwanted_ && statuses_.all() && !filter_.visibility &&
               !filter_.source_channel_id && !filter_.source_channel_type &&
               !filter_.correlation_id && !filter_.participant_id && !filter_.parent_event_id &&
               !filter_.top_level_only && !filter_.after_time && !filter_.before_time;
    }

    bool operator()(const PackedEvent& event) const noexcept {
        if (wanted_ && !std::ranges::binary_search(*wanted_, event.type())) return false;
        if (unwanted_ && std::ranges::binary_search(*unwanted_, event.type())) return false;
        if (!statuses_[position(event.status())]) return false;
        if (filter_.top_level_only && event.parent_event_id()) return false;
        if (filter_.after_time && event.created_at() <= *filter_.after_time) return false;
        if (filter_.before_time && event.created_at() >= *filter_.before_time) return false;
        return is(filter_.visibility, event.visibility()) &&
               is(filter_.source_channel_id, event.channel_id()) &&
               is(filter_.correlation_id, event.correlation_id()) &&
               is(filter_.participant_id, event.participant_id()) &&
               is(filter_.parent_event_id, event.parent_event_id()) &&
               (!filter_.source_channel_type ||
                filter_.source_channel_type->name() == event.channel_type());
    }

private:
    using Names = std::optional<std::vector<std::string_view>>;

    static Names sorted(const std::optional<std::vector<EventType>>& types) {
        if (!types) return std::nullopt;
        Names names(std::in_place);
        names->reserve(types->size());
        for (const EventType& type : *types) names->push_back(type.name());
        std::ranges::sort(*names);
        return names;
    }

    using Statuses = std::bitset<enum_names<EventStatus>.size()>;

    static std::size_t position(EventStatus status) noexcept {
        return static_cast<std::size_t>(status);
    }

    static Statuses statuses(const EventFilter& filter) {
        Statuses passing;
        if (!filter.statuses) passing.set();
        for (const auto status : filter.statuses.value_or(std::vector<EventStatus>())) {
            passing.set(position(status));
        }
        for (const auto status : filter.exclude_statuses.value_or(std::vector<EventStatus>())) {
            passing.reset(position(status));
        }
        return passing;
    }

    static bool is(const std::optional<std::string>& wanted,
                   const std::optional<std::string_view>& value) noexcept {
        return !wanted || value == *wanted;
    }

    const EventFilter& filter_;
    Names wanted_;
    Names unwanted_;
    Statuses statuses_;
};

}  // namespace roomstore::detail::memory
