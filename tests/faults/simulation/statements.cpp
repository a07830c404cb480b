#include "faults/simulation/statements.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <chrono>
#include <concepts>
#include <deque>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "driver/errors.hpp"
#include "driver/result_impl.hpp"

namespace roomstore::simulation {

using postgres::ElementType;
using postgres::Params;
using postgres::Result;
using postgres::Statement;

namespace {

using Value = std::optional<std::string>;

/// Builds a Result.
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

/// Decodes the output of `Array`; numbers and times become text.
class ArrayReader {
public:
    explicit ArrayReader(std::string_view bytes) : rest_(bytes) {}

    std::vector<Value> read() {
        std::vector<Value> cells;
        if (number<std::uint32_t>() == 0) return cells;
        number<std::uint32_t>();  // whether there are nulls
        const auto type = static_cast<ElementType>(number<std::uint32_t>());
        cells.resize(number<std::uint32_t>());
        number<std::uint32_t>();  // the first index
        for (Value& cell : cells) cell = element(type);
        return cells;
    }

private:
    template <std::unsigned_integral T>
    T number() {
        T value = 0;
        for (const char byte : take(sizeof(T))) {
            value = static_cast<T>(value << 8U | static_cast<unsigned char>(byte));
        }
        return value;
    }

    Value element(ElementType type) {
        const auto length = number<std::uint32_t>();
        if (length == std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
        if (type == ElementType::text || type == ElementType::json)
            return std::string(take(length));
        const auto value = std::bit_cast<std::int64_t>(number<std::uint64_t>());
        if (type == ElementType::bigint) return std::to_string(value);
        // The server counts microseconds since the beginning of the year 2000.
        constexpr std::chrono::sys_days epoch{std::chrono::year{2000} / 1 / 1};
        return to_iso8601(Timestamp{epoch} + std::chrono::microseconds{value});
    }

    std::string_view take(std::size_t length) {
        const auto taken = rest_.substr(0, length);
        rest_.remove_prefix(length);
        return taken;
    }

    std::string_view rest_;
};

std::vector<Value> cells_of(const Params& params, std::size_t index) {
    return ArrayReader(params.values().at(index).bytes).read();
}

std::int64_t number_of(const Value& cell) {
    std::int64_t value = 0;
    std::from_chars(cell->data(), cell->data() + cell->size(), value);
    return value;
}

class Execution {
    struct Given {
        std::shared_ptr<StoredRow> row;
        StoredRoom* room = nullptr;
        std::int64_t part = 0;
        /// As passed by the library: its offset among the new events of its room, or the room's
        /// next index.
        std::int64_t index = 0;
        bool refused = false;
    };

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
        auto rows = std::make_shared<Rows>(6);
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
            rows->add(std::int64_t{0});
        }
        return Rows::finish(std::move(rows));
    }

    Result store_all(const Params& params) {
        constexpr std::size_t columns_of_rooms = 3;
        constexpr std::size_t times_of_rooms = 3;
        return store(given_events(params, columns_of_rooms, times_of_rooms),
                     cells_of(params, 0),
                     cells_of(params, 1));
    }

    Result store_one(const Params& params) {
        // The column of each parameter. The index has none.
        constexpr std::array<std::size_t, StoredRow::columns - 1> columns{
            0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14, 15, 12, 13, 16};
        if (params.size() != columns.size()) {
            throw std::logic_error("append.store_one has changed");
        }
        Given event{.row = std::make_shared<StoredRow>()};
        for (std::size_t i = 0; i < params.size(); ++i) {
            const auto& value = params.values()[i];
            auto& cell = event.row->cells[columns[i]];
            if (value.format != postgres::Value::Format::null) cell = value.bytes;
        }
        event.row->cells[1] = "0";
        take_in(event);
        return store({event}, {event.row->cells[0]}, {Value("1")});
    }

    Result store(const std::vector<Given>& given,
                 const std::vector<Value>& rooms,
                 const std::vector<Value>& counts) {
        refuse_if_read_only();
        auto rows = std::make_shared<Rows>(2);
        if (std::ranges::any_of(given, [&](const Given& event) { return known(event); })) {
            return Rows::finish(std::move(rows));
        }
        for (std::size_t i = 0; i < rooms.size(); ++i) {
            StoredRoom* const room = server_.find_room(*rooms[i]);
            if (room == nullptr) continue;
            lock(*room);
            const auto first = next_index_of(*room);
            const auto count = number_of(counts[i]);
            auto& counters = server_.change(backend_, *room);
            counters.event_count += count;
            counters.live_count += count;
            counters.latest_index = first + count - 1;
            for (const Given& event : given) {
                if (event.room == room) insert(*room, at_index(event, first + event.index));
            }
            rows->add(room->id);
            rows->add(first);
        }
        return Rows::finish(std::move(rows));
    }

    Result store_new(const Params& params) {
        refuse_if_read_only();
        auto given = given_events(params, 1);
        const auto parts = cells_of(params, 0);
        for (std::size_t i = 0; i < given.size(); ++i) given[i].part = number_of(parts[i]);
        judge(given);
        auto rows = std::make_shared<Rows>(2);
        std::map<StoredRoom*, std::pair<std::int64_t, std::int64_t>> added;  // count, last index
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
        const auto rooms = cells_of(params, 0);
        const auto ids = cells_of(params, 1);
        const auto keys = cells_of(params, 2);
        auto rows = std::make_shared<Rows>(2 + StoredRow::columns);
        for (std::size_t i = 0; i < rooms.size(); ++i) {
            backend_.asked.push_back(*ids[i]);
            for (const RowPtr& row : visible(*rooms[i])) {
                if (row->id() != ids[i] && (!keys[i] || row->key() != keys[i])) continue;
                rows->add(static_cast<std::int64_t>(i + 1));
                rows->add(std::string("f"));
                rows->add(row);
            }
        }
        return Rows::finish(std::move(rows));
    }

    Result read_room(const Params& params) {
        auto rows = std::make_shared<Rows>(2);
        for (const RowPtr& row : visible(params.values().at(0).bytes)) {
            rows->add(row->index);
            rows->add(row->id());
        }
        return Rows::finish(std::move(rows));
    }

    Result write_once(const Params& params) {
        refuse_if_read_only();
        const auto& token = params.values().at(0).bytes;
        while (server_.token_in_flight(backend_, token)) wait_();
        auto rows = std::make_shared<Rows>(1);
        if (!server_.tokens().contains(token)) {
            backend_.tokens.push_back(token);
            rows->add(token);
        }
        return Rows::finish(std::move(rows));
    }

private:
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
    /// @param more   the number of parameters behind these columns
    std::vector<Given> given_events(const Params& params, std::size_t first, std::size_t more = 0) {
        if (params.size() != first + StoredRow::columns + more) {
            throw std::logic_error("append.store_all or append.store_new has changed");
        }
        std::vector<Given> events;
        for (std::size_t column = 0; column < StoredRow::columns; ++column) {
            auto cells = cells_of(params, first + column);
            events.resize(cells.size());
            for (std::size_t i = 0; i < cells.size(); ++i) {
                auto& event = events[i];
                if (!event.row) event.row = std::make_shared<StoredRow>();
                event.row->cells[column] = std::move(cells[i]);
            }
        }
        for (Given& event : events) take_in(event);
        return events;
    }

    void take_in(Given& event) {
        event.room = server_.find_room(event.row->room_id());
        event.index = number_of(event.row->cells[1]);
        backend_.asked.push_back(event.row->id());
    }

    static const std::shared_ptr<StoredRow>& at_index(const Given& event, std::int64_t index) {
        event.row->index = index;
        event.row->cells[1] = std::to_string(index);
        return event.row;
    }

    /// Whether a row visible to this statement has its id or its key.
    bool known(const Given& event) {
        return std::ranges::any_of(visible(event.row->room_id()), [&](const RowPtr& row) {
            return row->id() == event.row->id() ||
                   (event.row->key() && row->key() == event.row->key());
        });
    }

    /// Refuses every part that contains an event already stored.
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
    // Mutants keep the names of the statements; their text tells whether they lock rows.
    const bool for_update = statement.text.find("FOR UPDATE") != std::string_view::npos;
    if (name == "append.lock_room") {
        return execution.lock_rooms({params.values().at(0).bytes}, for_update);
    }
    if (name.starts_with("append.lock_rooms")) {
        return execution.lock_rooms(cells_of(params, 0), for_update);
    }
    if (name == "append.store_one") return execution.store_one(params);
    if (name == "append.store_all") return execution.store_all(params);
    if (name == "append.store_new") return execution.store_new(params);
    if (name == "append.find_stored") return execution.find_stored(params);
    if (name == read_room.name) return execution.read_room(params);
    if (name == write_once.name) return execution.write_once(params);
    throw std::logic_error("the simulation does not know the statement " + std::string(name));
}

}  // namespace roomstore::simulation
