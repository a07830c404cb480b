#include "sql/bindings.hpp"

#include <fmt/format.h>

#include "sql/columns.hpp"
#include "sql/lists.hpp"
#include "sql/mapping.hpp"
#include "sql/rooms.hpp"

namespace roomstore::postgres::sql {

namespace {

// The lock on the room's row prevents its deletion before the binding is inserted.
constexpr Statement add{"add_binding", R"(
WITH room AS (
    SELECT created_at, status FROM {schema}.rooms WHERE id = $1 FOR KEY SHARE
)
INSERT INTO {schema}.bindings ()" ROOMSTORE_BINDING_COLUMNS R"(, room_created_at, room_status)
SELECT $1, $2, $3, $4, $5, $6, $7::boolean, $8::boolean, $9, $10, $11::bigint, $16::timestamptz,
       $12::json, $13::json, $14::json, $15::json, room.created_at, room.status
FROM room
ON CONFLICT (room_id, channel_id) DO UPDATE
SET channel_type = excluded.channel_type, category = excluded.category,
    direction = excluded.direction, access = excluded.access, muted = excluded.muted,
    output_muted = excluded.output_muted, visibility = excluded.visibility,
    participant_id = excluded.participant_id, last_read_index = excluded.last_read_index,
    capabilities = excluded.capabilities, rate_limit = excluded.rate_limit,
    retry_policy = excluded.retry_policy, metadata = excluded.metadata
RETURNING attached_at)"};

constexpr Statement get{"get_binding", R"(
SELECT )" ROOMSTORE_BINDING_COLUMNS R"( FROM {schema}.bindings
WHERE room_id = $1 AND channel_id = $2 AND )" ROOMSTORE_ROOM_EXISTS};

constexpr Statement update{"update_binding", R"(
UPDATE {schema}.bindings
SET channel_type = $3, category = $4, direction = $5, access = $6, muted = $7, output_muted = $8,
    visibility = $9, participant_id = $10, last_read_index = $11, capabilities = $12,
    rate_limit = $13, retry_policy = $14, metadata = $15
WHERE room_id = $1 AND channel_id = $2 AND )" ROOMSTORE_ROOM_EXISTS R"(
RETURNING attached_at)"};

constexpr Statement remove{"remove_binding", R"(
DELETE FROM {schema}.bindings
WHERE room_id = $1 AND channel_id = $2 AND )" ROOMSTORE_ROOM_EXISTS};

constexpr Statement list{"list_bindings", R"(
SELECT )" ROOMSTORE_BINDING_COLUMNS R"( FROM {schema}.bindings
WHERE room_id = $1 AND )" ROOMSTORE_ROOM_EXISTS R"( ORDER BY attached_at, channel_id
OFFSET $2 LIMIT $3)"};

constexpr Statement exists{"binding_exists", R"(
SELECT FROM {schema}.bindings
WHERE room_id = $1 AND channel_id = $2 AND )" ROOMSTORE_ROOM_EXISTS};

Params key(const std::string& room_id, const std::string& channel_id) {
    Params params;
    params.add(room_id).add(channel_id);
    return params;
}

template <typename T>
std::optional<std::string> optional_json_text(const std::optional<T>& value) {
    if (!value) return std::nullopt;
    return json_text(*value);
}

/// All parameters except `attached_at`, which only the first add_binding sets.
Params params_of(const ChannelBinding& binding) {
    Params params = key(binding.room_id, binding.channel_id);
    params.add(binding.channel_type.name())
        .add(to_string(binding.category))
        .add(to_string(binding.direction))
        .add(to_string(binding.access))
        .add(binding.muted)
        .add(binding.output_muted)
        .add(binding.visibility)
        .add(binding.participant_id)
        .add(binding.last_read_index)
        .add(json_text_unless(binding.capabilities, ChannelCapabilities{}))
        .add(optional_json_text(binding.rate_limit))
        .add(optional_json_text(binding.retry_policy))
        .add(json_text_unless(binding.metadata, empty_object));
    return params;
}

}  // namespace

ChannelBinding read_binding(const Row& row, int first) {
    ChannelBinding binding;
    binding.room_id = row.text(first);
    binding.channel_id = row.text(first + 1);
    binding.channel_type = ChannelType(row.view(first + 2));
    binding.category = read_enum_column<ChannelCategory>(row, first + 3, "category");
    binding.direction = read_enum_column<ChannelDirection>(row, first + 4, "direction");
    binding.access = read_enum_column<Access>(row, first + 5, "access");
    binding.muted = row.boolean(first + 6);
    binding.output_muted = row.boolean(first + 7);
    binding.visibility = row.text(first + 8);
    binding.participant_id = row.optional_text(first + 9);
    binding.last_read_index = row.optional_int64(first + 10);
    binding.attached_at = row.timestamp(first + 11);
    read_json_column(row, first + 12, "capabilities", binding.capabilities);
    read_json_column(row, first + 13, "rate_limit", binding.rate_limit);
    read_json_column(row, first + 14, "retry_policy", binding.retry_policy);
    read_json_column(row, first + 15, "metadata", binding.metadata);
    return binding;
}

ChannelBinding add_binding(Session& session, const ChannelBinding& binding) {
    const auto result = session.exec(add, params_of(binding).add(binding.attached_at));
    if (auto row = stored_with(&ChannelBinding::attached_at, binding, result))
        return std::move(*row);
    throw detail::no_room("add_binding", binding.room_id);
}

std::optional<ChannelBinding> get_binding(Session& session,
                                          const std::string& room_id,
                                          const std::string& channel_id) {
    const auto found = session.exec(get, key(room_id, channel_id));
    if (found.empty()) return std::nullopt;
    return read_alone("bindings",
                      fmt::format("{}, {}", named("room", room_id), named("channel", channel_id)),
                      [&] { return read_binding(found[0]); });
}

ChannelBinding update_binding(Session& session, const ChannelBinding& binding) {
    const auto result = session.exec(update, params_of(binding));
    if (auto row = stored_with(&ChannelBinding::attached_at, binding, result))
        return std::move(*row);
    throw detail::does_not_exist("update_binding", "channel", binding.channel_id, binding.room_id);
}

bool remove_binding(Session& session, const std::string& room_id, const std::string& channel_id) {
    return session.exec(remove, key(room_id, channel_id)).affected_rows() > 0;
}

std::vector<ChannelBinding> list_bindings(Session& session,
                                          UnreadableRows& unreadable,
                                          const std::string& room_id,
                                          const std::optional<Page>& page) {
    return read_all_or_page(session,
                            list,
                            Params().add(room_id),
                            page,
                            LeftOut(unreadable, Table::bindings, room_id),
                            [](const Row& row) { return read_binding(row); });
}

bool binding_exists(Session& session, const std::string& room_id, const std::string& channel_id) {
    return !session.exec(exists, key(room_id, channel_id)).empty();
}

std::vector<Statement> binding_statements() { return {add, get, update, remove, list, exists}; }

}  // namespace roomstore::postgres::sql
