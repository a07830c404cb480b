#include "sql/inbox.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "sql/columns.hpp"
#include "sql/events/columns.hpp"
#include "sql/events/filter.hpp"
#include "sql/lists.hpp"
#include "sql/mapping.hpp"
#include "sql/read_markers.hpp"

namespace roomstore::postgres::sql {

namespace {

// The rooms of the participant $1, each once, with the channel whose marker counts. Rows of deleted
// rooms may be among them. A participant that has left hides the room, whatever bindings there are.
#define ROOMSTORE_LINKS(include_left)                                                \
    "SELECT room_id, coalesce(max(own_channel), min(bound_channel)) AS channel_id\n" \
    "    FROM (\n"                                                                   \
    "        SELECT room_id, status IN ('left', 'banned') AS gone,\n"                \
    "               channel_id AS own_channel, NULL::text AS bound_channel\n"        \
    "        FROM {schema}.participants WHERE id = $1\n"                             \
    "        UNION ALL\n"                                                            \
    "        SELECT room_id, false, NULL, channel_id\n"                              \
    "        FROM {schema}.bindings WHERE participant_id = $1\n"                     \
    "    ) AS link\n"                                                                \
    "    GROUP BY room_id\n"                                                         \
    "    HAVING " include_left " OR NOT bool_or(gone)"

// Conditions on an event, each of which holds if its parameter is null.
#define ROOMSTORE_INBOX_CONDITIONS(types, not_types, visibility, not_statuses)    \
    "(" types "::text[] IS NULL OR type = ANY (" types                            \
    "))\n"                                                                        \
    "              AND (" not_types "::text[] IS NULL OR type <> ALL (" not_types \
    "))\n"                                                                        \
    "              AND (" visibility "::text IS NULL OR visibility = " visibility \
    ")\n"                                                                         \
    "              AND (" not_statuses "::text[] IS NULL OR status <> ALL (" not_statuses "))"

// The rooms are found, ordered and cut to the page ($7) by few columns; all else is looked up for
// the rooms of the page. The lookups are LATERAL with OFFSET 0 or LIMIT, since joins could be
// planned as scans of whole tables.
//
// $2 to $4 select rooms, $5 and $6 are the cursor, and $8 is the cap. $9 to $13 say what counts,
// where $13 includes the reader's own events; with $14, all events count, and nothing is examined.
// $15 to $18 say which event is shown.
constexpr Statement list{"list_inbox", R"(
WITH links AS MATERIALIZED (
    )" ROOMSTORE_LINKS("$4::boolean") R"(
), page AS MATERIALIZED (
    SELECT links.room_id, links.channel_id, room.last_activity_at
    FROM links CROSS JOIN LATERAL (
        SELECT last_activity_at, organization_id, status FROM {schema}.rooms
        WHERE id = links.room_id OFFSET 0
    ) AS room
    WHERE ($2::text IS NULL OR room.organization_id = $2)
      AND ($3::text IS NULL OR room.status = $3)
      AND ($6::text IS NULL
           OR CASE WHEN $5::timestamptz IS NULL
                   THEN room.last_activity_at IS NULL AND links.room_id > $6
                   ELSE room.last_activity_at IS NULL OR room.last_activity_at < $5
                        OR (room.last_activity_at = $5 AND links.room_id > $6) END)
    ORDER BY room.last_activity_at DESC NULLS LAST, links.room_id LIMIT $7
)
SELECT page.room_id, page.last_activity_at, page.channel_id, room.marker,
       CASE WHEN $14::boolean THEN room.above ELSE matching.events END,
       NOT $14 AND matching.events <= $8::bigint AND room.highest - room.lowest > 1000 AND EXISTS (
           SELECT FROM {schema}.events WHERE room_id = page.room_id AND index > room.lowest
           ORDER BY index DESC OFFSET 1000 LIMIT 1),
       room.*, participant.*, event.*
FROM page
CROSS JOIN LATERAL (
    SELECT )" ROOMSTORE_ROOM_COLUMNS R"(, coalesce(marker.index, -1) AS marker,
           latest_index AS highest, first_index AS first,
           greatest(coalesce(marker.index, -1), first_index - 1) AS lowest,
           CASE WHEN $14 THEN )" ROOMSTORE_COUNT_UNREAD R"( END AS above
    FROM {schema}.rooms room
    LEFT JOIN {schema}.read_markers marker
        ON marker.room_id = page.room_id AND marker.channel_id = page.channel_id
    WHERE room.id = page.room_id
    OFFSET 0
) AS room
CROSS JOIN LATERAL (
    SELECT count(*) AS events FROM (
        SELECT FROM (
            SELECT type, status, visibility, participant_id FROM {schema}.events
            WHERE room_id = page.room_id AND index > room.lowest AND NOT $14
            ORDER BY index DESC LIMIT 1000
        ) AS newest
        WHERE )" ROOMSTORE_INBOX_CONDITIONS("$9", "$10", "$11", "$12") R"(
              AND ($13::boolean OR participant_id IS DISTINCT FROM $1)
        LIMIT least($8::bigint, 1000) + 1
    ) AS matching
) AS matching
LEFT JOIN LATERAL (
    SELECT )" ROOMSTORE_PARTICIPANT_COLUMNS R"( FROM {schema}.participants
    WHERE room_id = page.room_id AND id = $1 LIMIT 1
) AS participant ON true
LEFT JOIN LATERAL (
    SELECT )" ROOMSTORE_EVENT_COLUMNS R"( FROM (
        SELECT )" ROOMSTORE_EVENT_COLUMNS R"( FROM {schema}.events
        WHERE room_id = page.room_id AND index >= room.first
        ORDER BY index DESC LIMIT 200
    ) AS newest
    WHERE )" ROOMSTORE_INBOX_CONDITIONS("$15", "$16", "$17", "$18") R"(
    ORDER BY index DESC LIMIT 1
) AS event ON true
ORDER BY page.last_activity_at DESC NULLS LAST, page.room_id)"};

constexpr Statement total{"get_unread_total", R"(
WITH links AS MATERIALIZED (
    )" ROOMSTORE_LINKS("false") R"(
)
SELECT coalesce(sum(unread.events), 0)::bigint
FROM links CROSS JOIN LATERAL (
    SELECT )" ROOMSTORE_COUNT_UNREAD R"( AS events
    FROM {schema}.rooms room
    LEFT JOIN {schema}.read_markers marker
        ON marker.room_id = links.room_id AND marker.channel_id = links.channel_id
    WHERE room.id = links.room_id
    OFFSET 0
) AS unread)"};

#undef ROOMSTORE_LINKS
#undef ROOMSTORE_INBOX_CONDITIONS

// The columns of `list` before those of the room, and after them.
constexpr int room_key = 0;
constexpr int activity = 1;
constexpr int channel = 2;
constexpr int marker = 3;
constexpr int unread_events = 4;
constexpr int more_unread = 5;
constexpr int first_of_room = 6;
constexpr int first_of_participant = first_of_room + room_column_count + 5;
constexpr int first_of_event = first_of_participant + participant_column_count;

/// The parameters of `list` after the cursor and the limit.
template <typename Conditions>
void add_conditions_of(Params& params, const Conditions& conditions) {
    add_names(params, conditions.event_types);
    add_names(params, conditions.exclude_types);
    params.add(conditions.visibility);
    add_names(params, conditions.exclude_statuses);
}

bool counts_all(const InboxCount& count) {
    return count.own && !count.event_types && !count.exclude_types && !count.visibility &&
           !count.exclude_statuses;
}

/// A position in the order of the inbox. The time as the server wrote it: that of a room which this
/// build cannot read may be outside its range.
struct Position {
    std::optional<std::string> last_activity_at;
    std::optional<std::string> room_id;
};

/// Reads pages of rows until the page of the caller is full.
class InboxReader {
public:
    InboxReader(Session& session, UnreadableRows& unreadable, const InboxQuery& query)
        : session_(session),
          query_(query),
          rooms_(unreadable, Table::rooms, {}),
          participants_(unreadable, Table::participants, {}),
          events_(unreadable, Table::events, {}) {}

    InboxPage read() {
        while (!read_some()) {
        }
        rooms_.report();
        participants_.report();
        events_.report();
        return std::move(page_);
    }

private:
    /// @returns whether the page is complete.
    bool read_some() {
        const auto missing = query_.limit - static_cast<std::int64_t>(page_.entries.size());
        const auto rows = session_.exec(list, params(missing + 1));
        for (std::size_t i = 0; i < rows.size(); ++i) {
            if (static_cast<std::int64_t>(page_.entries.size()) == query_.limit) {
                const Room& last = page_.entries.back().room;
                page_.next = InboxCursor{.last_activity_at = last.timers.last_activity_at,
                                         .room_id = last.id};
                return true;
            }
            read_entry(rows[i]);
        }
        if (static_cast<std::int64_t>(rows.size()) <= missing) return true;
        const Row last = rows[rows.size() - 1];
        position_.emplace(Position{.last_activity_at = last.optional_text(activity),
                                   .room_id = last.text(room_key)});
        return false;
    }

    Params params(std::int64_t limit) const {
        Params params;
        params.add(query_.participant_id).add(query_.organization_id);
        params.add(query_.status ? std::optional(to_string(*query_.status)) : std::nullopt);
        params.add(query_.include_left);
        if (position_) {
            params.add(position_->last_activity_at).add(position_->room_id);
        } else if (query_.before) {
            params.add(query_.before->last_activity_at).add(query_.before->room_id);
        } else {
            params.add_null().add_null();
        }
        params.add(limit).add(query_.unread_cap);
        add_conditions_of(params, query_.count);
        params.add(query_.count.own).add(counts_all(query_.count));
        add_conditions_of(params, query_.preview);
        return params;
    }

    void read_entry(const Row& row) {
        InboxEntry entry;
        try {
            entry.room = read_room(row, first_of_room);
        } catch (const ColumnError& error) {
            rooms_.add(error);
            return;
        }
        entry.channel_id = row.text(channel);
        entry.last_read_index = row.int64(marker);
        const auto unread = row.int64(unread_events);
        entry.unread = std::min(unread, query_.unread_cap);
        entry.unread_capped = unread > query_.unread_cap || row.boolean(more_unread);
        if (!row.is_null(first_of_participant)) {
            try {
                entry.participant = read_participant(row, first_of_participant);
            } catch (const ColumnError& error) {
                participants_.add(error);
            }
        }
        if (!row.is_null(first_of_event)) {
            try {
                entry.last_event = read_event(row, first_of_event);
            } catch (const ColumnError& error) {
                events_.add(error);
            }
        }
        page_.entries.push_back(std::move(entry));
    }

    Session& session_;
    const InboxQuery& query_;
    LeftOut rooms_;
    LeftOut participants_;
    LeftOut events_;
    InboxPage page_;
    /// After the last row that was read.
    std::optional<Position> position_;
};

}  // namespace

InboxPage list_inbox(Session& session, UnreadableRows& unreadable, const InboxQuery& query) {
    return InboxReader(session, unreadable, query).read();
}

std::int64_t get_unread_total(Session& session,
                              const std::string& participant_id,
                              const UnreadTotalQuery& query) {
    const auto rows = session.exec(total, Params().add(participant_id));
    const auto unread = rows[0].int64(0);
    return query.cap ? std::min(unread, *query.cap) : unread;
}

std::vector<Statement> inbox_statements() { return {list, total}; }

}  // namespace roomstore::postgres::sql
