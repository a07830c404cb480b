#include "faults/simulation/statements.hpp"

#include <algorithm>
#include <charconv>
#include <deque>
#include <memory>
#include <stdexcept>
#include <utility>

#include "driver/errors.hpp"
#include "driver/result_impl.hpp"

namespace roomstore::simulation {

using postgres::Params;
using postgres::Result;
using postgres::Statement;

namespace {

using Value = std::optional<std::string>;

/// Rows in the making.
class Rows final : public Result::Impl {
public:
    explicit Rows(std::size_t width) { columns = width; }

    void add(const RowPtr& row) {
        kept_.push_back(row);
        for (const Value& cell : row->cells) refer(cell);
    }
    void add(std::string text) {
        texts_.emplace_back(std::move(text));
        refer(texts_.back());
    }
    void add(std::int64_t value) { add(std::to_string(value)); }

    static Result finish(std::shared_ptr<Rows> rows) {
        rows->rows = rows->cells.size() / rows->columns;
        return Result(std::move(rows));
    }

    std::string column_name(int column) const override { return std::to_string(column); }

private:
    void refer(const Value& cell) {
        cells.push_back(cell ? Result::Impl::Cell{cell->c_str(), cell->size()}
                             : Result::Impl::Cell{nullptr, 0});
    }

    std::deque<Value> texts_;
    std::vector<RowPtr> kept_;
};

/// PostgreSQL's array literal, of one dimension (manual, section 8.15.2).
std::vector<Value> parse_cells(const std::string& text) {
    std::vector<Value> cells;
    std::size_t at = 1;
    while (at < text.size() && text[at] != '}') {
        if (text[at] == ',') ++at;
        std::string value;
        if (text[at] != '"') {
            const auto end = text.find_first_of(",}", at);
            value = text.substr(at, end - at);
            at = end;
            cells.push_back(value == "NULL" ? Value{} : Value{std::move(value)});
            continue;
        }
        for (++at; text[at] != '"'; ++at) {
            if (text[at] == '\\') ++at;
            value += text[at];
        }
        ++at;
        cells.emplace_back(std::move(value));
    }
    return cells;
}

std::int64_t number_of(const Value& cell) {
    std::int64_t value = 0;
    std::from_chars(cell->data(), cell->data() + cell->size(), value);
    return value;
}

class Execution {
public:
    Execution(Server& server, Backend& backend, const std::function<void()>& wait)
        : server_(server), backend_(backend), wait_(wait) {}

    /// The counters of a room as this statement sees them.
    const Counters& counters_of(StoredRoom& room) const {
        const auto changed = backend_.changed.find(&room);
        return changed == backend_.changed.end() ? room.counters : changed->second;
    }

    std::int64_t next_index_of(StoredRoom& room) const {
        const auto& counters = counters_of(room);
        return counters.event_count == 0 ? 0 : counters.latest_index + 1;
    }

    Result lock_rooms(const std::vector<Value>& ids, bool for_update) {
        auto rows = std::make_shared<Rows>(5);
        if (for_update) refuse_if_read_only();
        for (const Value& id : ids) {
            StoredRoom* const room = server_.find_room(*id);
            if (room == nullptr) continue;
            if (for_update) lock(*room);
            const auto& counters = counters_of(*room);
            rows->add(room->id);
            rows->add(counters.event_count);
            rows->add(counters.latest_index);
            rows->add(std::int64_t{-1});
            rows->add(counters.live_count);
        }
        return Rows::finish(std::move(rows));
    }

    Result store_all(const Params& params) {
        constexpr std::size_t columns_of_rooms = 3;
        refuse_if_read_only();
        const auto given = given_events(params, columns_of_rooms);
        auto rows = std::make_shared<Rows>(2);
        if (std::ranges::any_of(given, [&](const Given& event) { return known(event); })) {
            return Rows::finish(std::move(rows));
        }
        for (const Value& id : parse_cells(*params.values().front())) {
            StoredRoom* const room = server_.find_room(*id);
            if (room == nullptr) continue;
            lock(*room);
            const auto first = next_index_of(*room);
            auto& counters = server_.change(backend_, *room);
            for (const Given& event : given) {
                if (event.room != room) continue;
                insert(*room, at_index(event, first + event.index));
                ++counters.event_count;
                ++counters.live_count;
                counters.latest_index = std::max(counters.latest_index, event.row->index);
            }
            rows->add(room->id);
            rows->add(first);
        }
        return Rows::finish(std::move(rows));
    }

    Result store_new(const Params& params) {
        refuse_if_read_only();
        auto given = given_events(params, 1);
        const auto parts = parse_cells(*params.values().front());
        for (std::size_t i = 0; i < given.size(); ++i) given[i].part = number_of(parts[i]);
        judge(given);
        auto rows = std::make_shared<Rows>(2);
        std::map<StoredRoom*, std::pair<std::int64_t, std::int64_t>> added;  // how many, the last
        for (std::size_t i = 0; i < given.size(); ++i) {
            auto& event = given[i];
            if (event.refused) continue;
            auto& [count, last] = added[event.room];
            insert(*event.room, at_index(event, event.index + count++));
            last = event.row->index;
            rows->add(static_cast<std::int64_t>(i + 1));
            rows->add(event.row->index);
        }
        for (const auto& [room, of_room] : added) {
            lock(*room);
            auto& counters = server_.change(backend_, *room);
            counters.event_count += of_room.first;
            counters.live_count += of_room.first;
            counters.latest_index = of_room.second;
        }
        return Rows::finish(std::move(rows));
    }

    Result find_stored(const Params& params) {
        const auto rooms = parse_cells(*params.values().at(0));
        const auto ids = parse_cells(*params.values().at(1));
        const auto keys = parse_cells(*params.values().at(2));
        auto rows = std::make_shared<Rows>(1 + StoredRow::columns);
        for (std::size_t i = 0; i < rooms.size(); ++i) {
            backend_.asked.push_back(*ids[i]);
            for (const RowPtr& row : visible(*rooms[i])) {
                if (row->id() != ids[i] && (!keys[i] || row->key() != keys[i])) continue;
                rows->add(static_cast<std::int64_t>(i + 1));
                rows->add(row);
            }
        }
        return Rows::finish(std::move(rows));
    }

    Result read_room(const Params& params) {
        auto rows = std::make_shared<Rows>(2);
        for (const RowPtr& row : visible(*params.values().at(0))) {
            rows->add(row->index);
            rows->add(row->id());
        }
        return Rows::finish(std::move(rows));
    }

    Result write_once(const Params& params) {
        refuse_if_read_only();
        const auto& token = *params.values().at(0);
        while (server_.token_in_flight(backend_, token)) wait_();
        auto rows = std::make_shared<Rows>(1);
        if (!server_.tokens().contains(token)) {
            backend_.tokens.push_back(token);
            rows->add(token);
        }
        return Rows::finish(std::move(rows));
    }

private:
    struct Given {
        std::shared_ptr<StoredRow> row;
        StoredRoom* room = nullptr;
        std::int64_t part = 0;
        /// What was given for it: its place in its room, or the room's next index.
        std::int64_t index = 0;
        bool refused = false;
    };

    void refuse_if_read_only() const {
        if (!backend_.read_only) return;
        throw postgres::classify("25006", "cannot do that in a read-only transaction", false);
    }

    void lock(StoredRoom& room) {
        while (!server_.try_lock(backend_, room)) wait_();
    }

    std::vector<RowPtr> visible(std::string_view room_id) {
        const StoredRoom* const room = server_.find_room(room_id);
        if (room == nullptr) return {};
        auto rows = room->events;
        for (const RowPtr& row : backend_.inserted) {
            if (row->room_id() == room_id) rows.push_back(row);
        }
        return rows;
    }

    /// @param first  the first parameter that is a column of events
    std::vector<Given> given_events(const Params& params, std::size_t first) {
        if (params.size() != first + StoredRow::columns) {
            throw std::logic_error("append.store_all or append.store_new has changed");
        }
        std::vector<Given> events;
        for (std::size_t column = 0; column < StoredRow::columns; ++column) {
            auto cells = parse_cells(*params.values()[first + column]);
            events.resize(cells.size());
            for (std::size_t i = 0; i < cells.size(); ++i) {
                auto& event = events[i];
                if (!event.row) event.row = std::make_shared<StoredRow>();
                event.row->cells[column] = std::move(cells[i]);
            }
        }
        for (Given& event : events) {
            event.room = server_.find_room(event.row->room_id());
            event.index = number_of(event.row->cells[1]);
            backend_.asked.push_back(event.row->id());
        }
        return events;
    }

    static const std::shared_ptr<StoredRow>& at_index(const Given& event, std::int64_t index) {
        event.row->index = index;
        event.row->cells[1] = std::to_string(index);
        return event.row;
    }

    /// Whether its id or its key is there, as far as this statement sees.
    bool known(const Given& event) {
        return std::ranges::any_of(visible(event.row->room_id()), [&](const RowPtr& row) {
            return row->id() == event.row->id() ||
                   (event.row->key() && row->key() == event.row->key());
        });
    }

    /// Refuses the whole part of each event that is there.
    void judge(std::vector<Given>& given) {
        for (const Given& event : given) {
            if (!known(event)) continue;
            for (Given& other : given) other.refused |= other.part == event.part;
        }
    }

    void insert(StoredRoom& room, const RowPtr& row) {
        for (;;) {
            for (const RowPtr& own : backend_.inserted) {
                if (own->room_id() == room.id && own->index == row->index) refuse_duplicate(*row);
            }
            if (room.find_id(row->id()) != nullptr || room.find_key(row->key()) != nullptr ||
                room.has_index(row->index)) {
                refuse_duplicate(*row);
            }
            if (!server_.collides_with_others(backend_, *row)) break;
            wait_();
        }
        backend_.inserted.push_back(row);
    }

    [[noreturn]] static void refuse_duplicate(const StoredRow& row) {
        throw postgres::classify("23505", "duplicate key: event " + row.id(), false);
    }

    Server& server_;
    Backend& backend_;
    const std::function<void()>& wait_;
};

}  // namespace

Result execute(Server& server,
               Backend& backend,
               const Statement& statement,
               const Params& params,
               const std::function<void()>& wait) {
    Execution execution(server, backend, wait);
    const auto name = statement.name;
    // Faulty variants that the tests know go by the same names, and say themselves what they lock.
    const bool for_update = statement.text.find("FOR UPDATE") != std::string_view::npos;
    if (name == "append.lock_room") {
        return execution.lock_rooms({params.values().at(0)}, for_update);
    }
    if (name.starts_with("append.lock_rooms")) {
        return execution.lock_rooms(parse_cells(*params.values().at(0)), for_update);
    }
    if (name == "append.store_all") return execution.store_all(params);
    if (name == "append.store_new") return execution.store_new(params);
    if (name == "append.find_stored") return execution.find_stored(params);
    if (name == read_room.name) return execution.read_room(params);
    if (name == write_once.name) return execution.write_once(params);
    throw std::logic_error("the simulation does not know the statement " + std::string(name));
}

}  // namespace roomstore::simulation
