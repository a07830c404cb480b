#include "driver/server_session.hpp"

#include <algorithm>
#include <new>
#include <ranges>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "driver/libpq/connect.hpp"
#include "driver/libpq/pipeline.hpp"

namespace roomstore::postgres {

namespace {

constexpr std::size_t most_params = 65'535;  // the count has 16 bits in the protocol
// The server accepts no longer message (MaxAllocSize in its source).
constexpr std::size_t most_bytes = 0x3FFF'FFFF;
// From here on, sending takes long enough for a call to be cancelled meanwhile.
constexpr std::size_t many_bytes = std::size_t{1} << 20;
// How many statements a session remembers, and how long they are together. The server keeps tens of
// kilobytes for each prepared statement, more for a longer one, and the filters of lists alone have
// thousands of combinations.
constexpr std::size_t most_statements = 256;
constexpr std::size_t most_text_bytes = std::size_t{128} << 10;

void check_size(std::string_view name, std::size_t count, const char* what, std::size_t most) {
    if (count <= most) return;
    Failure failure;
    failure.code = errc::invalid_argument;
    failure.text = fmt::format("{} with {} {}; PostgreSQL takes {}", name, count, what, most);
    throw failure;
}

/// @returns the bytes of the parameters.
std::size_t check_size(std::string_view name, const Params& params) {
    check_size(name, params.size(), "parameters", most_params);
    std::size_t bytes = 0;
    for (const Value& value : params.values()) bytes += value.bytes.size();
    check_size(name, bytes, "bytes", most_bytes);
    return bytes;
}

// The only place that handles exceptions of libpqxx. Their types and texts do not tell enough: a
// wrong number of parameters is a broken_connection, a missing right has no SQLSTATE, and of a
// server that ends the session only the loss is reported. libpq knows the rest.
Failure failure_of_current_exception(PGconn* connection) {
    try {
        throw;
    } catch (const Failure& failure) {
        return failure;
    } catch (const pqxx::sql_error& error) {
        return failure_of(connection, std::string(error.sqlstate()), error.what());
    } catch (const pqxx::failure& error) {
        return failure_of(connection, {}, error.what());
    } catch (const std::bad_alloc&) {
        // What the server did is unknown.
        Failure failure;
        failure.discard = true;
        failure.text = "out of memory in the client";
        return failure;
    } catch (const std::exception& error) {
        // Usage and range errors of libpqxx, detected before anything was sent.
        Failure failure;
        failure.broken = PQstatus(connection) != CONNECTION_OK;
        failure.discard = true;
        failure.text = error.what();
        return failure;
    }
}

class ServerSessionFactory final : public SessionFactory {
public:
    explicit ServerSessionFactory(const PostgresOptions& options)
        : config_(session_config(options)) {}

    std::unique_ptr<Session> make() override { return std::make_unique<ServerSession>(config_); }

    std::string where() const override {
        const auto names =
            config_->servers.plan.targets | std::views::transform(&ConnectionTarget::where);
        return fmt::format("{}", fmt::join(names, ", or "));
    }

    std::vector<StatementReading> read_metrics() const override { return config_->metrics.read(); }

private:
    std::shared_ptr<SessionConfig> config_;
};

}  // namespace

std::shared_ptr<SessionConfig> session_config(const PostgresOptions& options) {
    const SessionLimits limits{.statement_timeout = options.deadline,
                               .lock_timeout = options.lock_timeout};
    auto config = std::make_shared<SessionConfig>();
    config->servers.plan = plan_connections(options);
    config->quoted_schema = quote_identifier(options.schema);
    config->search_path = search_path(config->quoted_schema);
    config->prepared_statements = options.prepared_statements;
    config->settings = options.prepared_statements
                           ? session_settings(limits, config->search_path)
                           : transaction_settings(limits, config->search_path);
    return config;
}

std::shared_ptr<SessionFactory> make_session_factory(const PostgresOptions& options) {
    return std::make_shared<ServerSessionFactory>(options);
}

ServerSession::ServerSession(std::shared_ptr<SessionConfig> config)
    : config_(std::move(config)),
      control_(std::make_shared<ServerControl>()),
      connector_(config_->servers, *control_) {}

ServerSession::~ServerSession() { disconnect(); }

void ServerSession::connect(Clock::time_point deadline) {
    disconnect();
    const auto use = [this](ConnectionHandle handle, std::string where, Clock::time_point limit) {
        try {
            where_ = std::move(where);
            raw_ = handle.get();
            connection_ = pqxx::connection::seize_raw_connection(raw_);
            handle.release();  // not earlier: libpqxx does not take it if memory runs out
            set_up(limit);
        } catch (...) {
            disconnect();
            throw;
        }
    };
    connector_.connect(deadline, use);
}

void ServerSession::set_up(Clock::time_point deadline) {
    const std::shared_ptr<PGcancel> canceller(PQgetCancel(raw_), PQfreeCancel);
    if (!canceller) throw at_server(failure_of(raw_, nullptr));
    // Until the session is ready, it is stopped by a cut: a cancel request would achieve nothing.
    control_->lend_connecting(PQsocket(raw_), where_);
    require_version();
    begin_command_ = begin_command();
    if (config_->prepared_statements) {
        set_all("SET", deadline);
    } else {
        require_date_style();
        // Outside a transaction these settings only last long enough to see which ones are refused.
        constexpr std::string_view scope = "SET LOCAL";
        begin_command_ += set_commands(scope, set_all(scope, deadline));
    }
    control_->lend(PQsocket(raw_), where_, canceller);
}

void ServerSession::listen(const std::string& channel) {
    require_usable();
    try {
        connection_->listen(channel, [this](const pqxx::notification& message) {
            messages_.emplace_back(message.payload);
        });
    } catch (...) {
        throw current_failure();
    }
}

std::vector<std::string> ServerSession::take_messages() {
    require_usable();
    try {
        while (connection_->get_notifs() > 0) {
        }
    } catch (...) {
        throw current_failure();
    }
    return std::exchange(messages_, {});
}

// Sends all settings in one message; one by one if the server refuses any of them, which undoes
// them all.
// @returns the settings that the server accepted.
std::vector<Setting> ServerSession::set_all(std::string_view scope, Clock::time_point deadline) {
    auto settings = config_->settings;
    std::erase_if(settings, [&](const auto& each) { return each.since > PQserverVersion(raw_); });
    const auto refused = [&](const std::vector<Setting>& some, bool needed) {
        try {
            run_until(raw_, set_commands(scope, some), deadline);
            return false;
        } catch (const Failure& failure) {
            // invalid_parameter_value, undefined_object, feature_not_supported
            const auto& state = failure.sqlstate;
            if (control_->was_cut()) {
                throw classify({}, fmt::format("connecting to {} was stopped", where_), true);
            }
            if (state != "22023" && state != "42704" && state != "0A000") throw at_server(failure);
            if (needed) throw mismatch(failure.text);
            return true;
        }
    };
    if (refused(settings, false)) {
        std::erase_if(settings, [&](const auto& each) { return refused({each}, each.needed); });
    }
    return settings;
}

void ServerSession::require_version() const {
    const int version = PQserverVersion(raw_);
    if (version >= oldest_server_version) return;
    const char* const name = PQparameterStatus(raw_, "server_version");
    throw mismatch(fmt::format("the server is PostgreSQL {}; needed: {} or newer",
                               name == nullptr ? fmt::to_string(version) : std::string(name),
                               oldest_server_version / 10000));
}

void ServerSession::require_date_style() const {
    const char* const style = PQparameterStatus(raw_, "DateStyle");
    if (style == nullptr || std::string_view(style).starts_with("ISO")) return;
    throw mismatch(
        fmt::format("DateStyle is \"{}\"; without session state it has to be ISO by "
                    "default: ALTER ROLE ... SET DateStyle = 'ISO'",
                    style));
}

// A new connection to this server would not help.
Failure ServerSession::mismatch(std::string text) const {
    Failure failure;
    failure.code = errc::schema_mismatch;
    failure.broken = true;
    failure.text = std::move(text);
    return at_server(std::move(failure));
}

void ServerSession::disconnect() noexcept {
    control_->take_back();
    connection_.reset();
    raw_ = nullptr;
    begin_pending_ = false;
    statements_run_ = 0;
    replan_at_ = 1;
    for (auto& [name, entry] : entries_) entry.prepared = false;
    to_deallocate_.clear();
    messages_.clear();
}

bool ServerSession::connected() const noexcept {
    return raw_ != nullptr && PQstatus(raw_) == CONNECTION_OK;
}

TransactionStatus ServerSession::transaction_status() const noexcept {
    if (begin_pending_) return TransactionStatus::open;
    switch (raw_ == nullptr ? PQTRANS_UNKNOWN : PQtransactionStatus(raw_)) {
        case PQTRANS_IDLE:
            return TransactionStatus::idle;
        case PQTRANS_INTRANS:
            return TransactionStatus::open;
        case PQTRANS_INERROR:
            return TransactionStatus::failed;
        default:
            return TransactionStatus::unknown;
    }
}

// Checked before each step of a call except its end. The server forgets a cancel request that
// arrives while it waits for the client; the session must not.
void ServerSession::require_usable() const {
    if (!connection_) throw classify({}, "not connected", true);
    if (control_->stopped()) throw at_server(classify("57014", "the call was stopped", false));
}

Failure ServerSession::at_server(Failure failure) const {
    // To libpq it looks as if the server had closed the connection.
    if (failure.broken && failure.sqlstate.empty() && control_->was_cut()) {
        failure.cut_by_store = true;
        failure.text = "the store cut the connection, to end a call on it";
    }
    failure.text += fmt::format(" ({})", where_);
    return failure;
}

Failure ServerSession::current_failure() const {
    auto failure = failure_of_current_exception(raw_);
    // The next attempt continues after a server that is read-only.
    if (failure.sqlstate == "25006") connector_.move_on();
    return at_server(std::move(failure));
}

ServerSession::Entry& ServerSession::entry_of(const Statement& statement) {
    const auto found = entries_.find(statement.name);
    if (found != entries_.end()) {
        found->second.last_used = ++uses_;
        return found->second;
    }
    std::string text = expand_schema(statement.text, config_->quoted_schema);
    while (entries_.size() >= most_statements ||
           (!entries_.empty() && text_bytes_ + text.size() > most_text_bytes)) {
        evict_least_recently_used();
    }
    text_bytes_ += text.size();
    std::string name(statement.name);
    Entry entry{.name = name,
                .text = std::move(text),
                .counter = &config_->metrics.counter(name),
                .custom_plan = statement.custom_plan,
                .last_used = ++uses_};
    return entries_.emplace(std::move(name), std::move(entry)).first->second;
}

void ServerSession::evict_least_recently_used() {
    const auto oldest = std::ranges::min_element(
        entries_, {}, [](const auto& each) { return each.second.last_used; });
    if (oldest->second.prepared) to_deallocate_.push_back(oldest->second.name);
    text_bytes_ -= oldest->second.text.size();
    entries_.erase(oldest);
}

// A plan that was made while the tables were small may later scan a whole room. Until the server
// has gathered statistics, which makes it replan, only we can force it to: after 1, 2, 4, 8 ...
// statements.
void ServerSession::renew_plans() {
    if (!config_->prepared_statements || ++statements_run_ < replan_at_) return;
    replan_at_ *= 2;
    command("DISCARD PLANS");
}

Result ServerSession::exec(const Statement& statement, const Params& params) {
    require_usable();
    auto& entry = entry_of(statement);
    if (begin_pending_) {
        if (uses_prepared(entry)) return exec_all({{statement, params}}).front();
        send_begin();
    }
    renew_plans();
    const auto began = Clock::now();
    try {
        auto result = run(entry, params);
        entry.counter->record(Clock::now() - began, false);
        return result;
    } catch (...) {
        entry.counter->record(Clock::now() - began, true);
        throw current_failure();
    }
}

void ServerSession::exec_all(const std::vector<Request>& requests, std::vector<Result>& results) {
    const auto piped = [&](const Request& request) {
        return uses_prepared(entry_of(request.statement));
    };
    if (!std::ranges::all_of(requests, piped)) return Session::exec_all(requests, results);
    require_usable();
    renew_plans();
    try {
        run_piped(requests, results);
    } catch (...) {
        throw current_failure();
    }
}

void ServerSession::run_piped(const std::vector<Request>& requests, std::vector<Result>& results) {
    std::size_t bytes = 0;
    for (const auto& request : requests) {
        bytes += check_size(request.statement.name, request.params);
        prepare(entry_of(request.statement));
    }
    const auto began = Clock::now();
    auto request = requests.begin();
    try {
        Pipeline pipeline(raw_);
        const bool begins = std::exchange(begin_pending_, false);
        send(bytes, [&] {
            if (begins) pipeline.send(begin_command_);
            for (const auto& each : requests) {
                pipeline.send_prepared(entry_of(each.statement).name, each.params.values());
            }
            pipeline.flush();
        });
        if (begins) pipeline.next();
        for (; request != requests.end(); ++request) {
            results.push_back(make_result(pipeline.next()));
            entry_of(request->statement).counter->record(Clock::now() - began, false);
        }
    } catch (...) {
        if (request != requests.end()) {
            entry_of(request->statement).counter->record(Clock::now() - began, true);
        }
        throw;
    }
}

template <typename Send>
void ServerSession::send(std::size_t bytes, Send send) const {
    if (bytes < many_bytes) return send();
    if (!control_->begin_sending()) require_usable();
    struct Sent {
        ~Sent() { control.sent(); }
        ServerControl& control;
    } const sent{*control_};
    send();
}

bool ServerSession::uses_prepared(const Entry& entry) const {
    return config_->prepared_statements && !entry.custom_plan;
}

void ServerSession::prepare(Entry& entry) {
    if (entry.prepared) return;
    while (!to_deallocate_.empty()) {
        connection_->unprepare(to_deallocate_.back());
        to_deallocate_.pop_back();
    }
    connection_->prepare(entry.name, entry.text);
    entry.prepared = true;
}

// The settings last for one implicit transaction, which ends with the pipeline.
Result ServerSession::run_unprepared(const Entry& entry, const Params& params, std::size_t bytes) {
    const bool plans = config_->prepared_statements;
    // An open transaction was given its settings when it began.
    const bool pins = !plans && transaction_status() == TransactionStatus::idle;
    Pipeline pipeline(raw_);
    send(bytes, [&] {
        if (plans) pipeline.send(plan_for_values());
        if (pins) pipeline.send(set_search_path(), Params().add(config_->search_path).values());
        pipeline.send(entry.text, params.values());
        pipeline.flush();
    });
    if (plans || pins) pipeline.next();
    return make_result(pipeline.next());
}

Result ServerSession::run(Entry& entry, const Params& params) {
    const auto bytes = check_size(entry.name, params);
    if (!uses_prepared(entry)) return run_unprepared(entry, params, bytes);
    prepare(entry);
    send(bytes, [&] { send_prepared(raw_, entry.name, params.values()); });
    return make_result(result_of_sent(raw_));
}

// Not a transaction of libpqxx's own: the session begins and ends its transactions itself.
void ServerSession::command(const std::string& text) {
    pqxx::nontransaction commands(*connection_);
    try {
        commands.exec(text);
    } catch (...) {
        throw current_failure();
    }
}

void ServerSession::run_command(const std::string& text) {
    require_usable();
    send_begin();
    command(text);
}

// BEGIN is sent with the first statement and costs no round trip of its own. Behind a pooler it
// consists of several commands, which only a simple query can hold.
void ServerSession::begin() {
    require_usable();
    begin_pending_ = true;
    if (!config_->prepared_statements) send_begin();
}

void ServerSession::send_begin() {
    if (std::exchange(begin_pending_, false)) command(begin_command_);
}

// A commit waits only for the WAL that its own transaction wrote. A logical decoding message is the
// least that can be written, and needs no privilege and no table.
void ServerSession::expect_durable() {
    require_usable();
    send_begin();
    command("SELECT pg_catalog.pg_logical_emit_message(true, 'roomstore', '')");
}

void ServerSession::rollback() {
    if (!connection_) throw classify({}, "not connected", true);
    if (!std::exchange(begin_pending_, false)) command("ROLLBACK");
}

// Only finds out that the outcome is in doubt. CallRunner settles it.
void ServerSession::commit() {
    if (!connection_) throw classify({}, "not connected", true);
    if (std::exchange(begin_pending_, false)) return;
    if (PQtransactionStatus(raw_) != PQTRANS_INTRANS) {
        // COMMIT would be answered with ROLLBACK, or with a warning, and do nothing.
        Failure failure;
        failure.discard = true;
        failure.text = "the job continued after a failed statement";
        throw at_server(std::move(failure));
    }
    // A connection that is already lost is detected before COMMIT is sent; a loss after that leaves
    // the COMMIT in doubt.
    if (!still_there(raw_)) {
        throw at_server(failure_of(raw_, nullptr));
    }
    const ResultHandle result(PQexec(raw_, "COMMIT"));
    if (PQresultStatus(result.get()) == PGRES_COMMAND_OK) {
        if (std::string_view(PQcmdStatus(result.get())) == "COMMIT") return;
        Failure failure;
        failure.discard = true;
        failure.text = fmt::format("COMMIT was answered with {}", PQcmdStatus(result.get()));
        throw at_server(std::move(failure));
    }
    auto failure = failure_of(raw_, result.get());
    failure.in_doubt = failure.broken || leaves_commit_in_doubt(failure.sqlstate);
    throw at_server(std::move(failure));
}

}  // namespace roomstore::postgres
