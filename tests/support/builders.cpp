#include "support/builders.hpp"

#include <utility>

namespace roomstore::test {

Timestamp at(std::int64_t seconds) {
    using namespace std::chrono;
    constexpr Timestamp start =
        sys_days{year{2026} / February / 3} + hours{4} + microseconds{567'891};
    return start + std::chrono::seconds{seconds};
}

Room sample_room(RoomArgs args) {
    return {.id = std::move(args.id),
            .organization_id = std::move(args.organization_id),
            .status = args.status,
            .created_at = args.created_at,
            .updated_at = args.created_at,
            .metadata = std::move(args.metadata)};
}

RoomEvent make_event(EventArgs args) {
    return {.id = std::move(args.id),
            .room_id = std::move(args.room_id),
            .type = std::move(args.type),
            .source = {.channel_id = "channel", .channel_type = ChannelType::sms},
            .content = TextContent{.body = std::move(args.body)},
            .index = args.index,
            .parent_event_id = std::move(args.parent),
            .idempotency_key = std::move(args.key),
            .created_at = args.created_at};
}

std::vector<std::int64_t> indexes_of(const std::vector<RoomEvent>& events) {
    std::vector<std::int64_t> indexes;
    for (const auto& event : events) indexes.push_back(event.index);
    return indexes;
}

}  // namespace roomstore::test
