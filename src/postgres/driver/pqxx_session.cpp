#include "driver/pqxx_session.hpp"

#include <algorithm>
#include <utility>

#include "driver/connect.hpp"
#include "driver/pipeline.hpp"
#include "driver/pqxx_result.hpp"
#include "driver/session_setup.hpp"

namespace roomstore::postgres {

namespace {

constexpr std::size_t most_params = 65'535;  // the protocol counts them with 16 bits
// The server takes no longer message (MaxAllocSize in its source).
constexpr std::size_t most_bytes = 0x3FFF'FFFF;

SessionLimits limits_of(const SessionConfig& config) {
    return {.statement_timeout = config.statement_timeout, .lock_timeout = config.lock_timeout};
}

void check_size(std::string_view name, std::size_t count, const char* what, std::size_t most) {
    if (count <= most) return;
    Failure failure;
    failure.code = errc::invalid_argument;
    failure.text = std::string(name) + " with " + std::to_string(count) + ' ' + what +
                   "; PostgreSQL takes " + std::to_string(most);
    throw failure;
}

void check_size(std::string_view name, const Params& params) {
    check_size(name, params.size(), "parameters", most_params);
    std::size_t bytes = 0;
    for (const Value& value : params.values()) bytes += value.bytes.size();
    check_size(name, bytes, "bytes", most_bytes);
}

class PqxxSessionFactory final : public SessionFactory {
public:
    explicit PqxxSessionFactory(const PostgresOptions& options)
        : config_(std::make_shared<SessionConfig>()) {
        config_->plan = plan_connections(options);
        config_->schema = options.schema;
        config_->statement_timeout = options.deadline;
        config_->lock_timeout = options.lock_timeout;
        config_->prepared_statements = options.prepared_statements;
    }

    std::unique_ptr<Session> make() override { return std::make_unique<PqxxSession>(config_); }

    std::string where() const override {
        std::string text;
        for (const auto& target : config_->plan.targets) {
            if (!text.empty()) text += ", or ";
            text += target.where;
        }
        return text;
    }

    std::vector<StatementReading> read_metrics() const override { return config_->metrics.read(); }

private:
    std::shared_ptr<SessionConfig> config_;
};

}  // namespace

std::shared_ptr<SessionFactory> make_session_factory(const PostgresOptions& options) {
    return std::make_shared<PqxxSessionFactory>(options);
}

PqxxSession::PqxxSession(std::shared_ptr<SessionConfig> config)
    : config_(std::move(config)), control_(std::make_shared<PqxxControl>()) {}

PqxxSession::~PqxxSession() { disconnect(); }

void PqxxSession::connect(Clock::time_point deadline) {
    disconnect();
    try {
        connect_to_any(deadline);
    } catch (...) {
        disconnect();
        throw;
    }
}

void PqxxSession::connect_to_any(Clock::time_point deadline) {
    const auto& targets = config_->plan.targets;
    const auto first = config_->plan.begin_with_last ? config_->last_target.load() : 0;
    std::optional<Failure> failure;
    for (std::size_t i = 0; i < targets.size(); ++i) {
        const auto index = (first + i) % targets.size();
        const auto limit = std::min(deadline, Clock::now() + config_->plan.connect_timeout);
        try {
            auto handle = connect_to(targets[index], limit, *control_);
            raw_ = handle.get();
            connection_ = pqxx::connection::seize_raw_connection(raw_);
            handle.release();  // not before: without memory, libpqxx takes nothing
            set_up(targets[index], limit);
            config_->last_target = target_ = index;
            return;
        } catch (const Failure& next) {
            if (failure && failure->text != next.text) {
                const auto texts = failure->text + "; " + next.text;
                failure = next;
                failure->text = texts;
            } else {
                failure = next;
            }
        }
        disconnect();
        // The next attempt goes on behind a server that took all the time there was.
        config_->last_target = (index + 1) % targets.size();
        if (control_->stopped() || Clock::now() >= deadline) break;
    }
    throw *failure;
}

void PqxxSession::set_up(const ConnectionTarget& target, Clock::time_point deadline) {
    where_ = target.where;
    const std::shared_ptr<PGcancel> canceller(PQgetCancel(raw_), PQfreeCancel);
    if (!canceller) throw at_server(failure_of(raw_, nullptr));
    // A cancellation would be sent to the server for nothing; until the session is ready, cutting
    // it is what stops it.
    control_->lend_connecting(PQsocket(raw_), where_);
    quoted_schema_ = connection_->quote_name(config_->schema);
    if (config_->prepared_statements) {
        begin_command_ = begin_command();
        knows(session_setup(limits_of(*config_), PQserverVersion(raw_)), deadline);
    } else {
        require_date_style();
        const auto probe = check_interval_probe(PQserverVersion(raw_));
        begin_command_ =
            begin_command_with(limits_of(*config_), !probe.empty() && knows(probe, deadline));
    }
    control_->lend(PQsocket(raw_), where_, canceller);
    statements_.emplace(*connection_);
}

// False: the server does not know the setting that comes last.
bool PqxxSession::knows(const std::string& query, Clock::time_point deadline) {
    try {
        run_until(raw_, query, deadline);
        return true;
    } catch (const Failure& failure) {
        // invalid_parameter_value, undefined_object
        if (failure.sqlstate == "22023" || failure.sqlstate == "42704") return false;
        throw at_server(failure);
    }
}

void PqxxSession::require_date_style() const {
    const char* const style = PQparameterStatus(raw_, "DateStyle");
    if (style == nullptr || std::string_view(style).starts_with("ISO")) return;
    Failure failure;
    failure.code = errc::schema_mismatch;
    failure.broken = true;
    failure.text = "DateStyle is \"" + std::string(style) + "\" on " + where_ +
                   "; without session state it has to be ISO by default: "
                   "ALTER ROLE ... SET DateStyle = 'ISO'";
    throw failure;
}

void PqxxSession::disconnect() noexcept {
    control_->take_back();
    statements_.reset();
    connection_.reset();
    raw_ = nullptr;
    begin_pending_ = false;
    statements_run_ = 0;
    plans_until_ = 1;
    for (auto& [name, entry] : entries_) entry.prepared = false;
}

bool PqxxSession::connected() const noexcept {
    return raw_ != nullptr && PQstatus(raw_) == CONNECTION_OK;
}

TransactionStatus PqxxSession::transaction_status() const noexcept {
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

// Before each step of a call but its end. A cancellation that reached the server while it waited
// for us is forgotten there, and must not be here.
void PqxxSession::require_usable() const {
    if (!statements_) throw classify({}, "not connected", true);
    if (control_->stopped()) throw at_server(classify("57014", "the call was stopped", false));
}

Failure PqxxSession::at_server(Failure failure) const {
    failure.text += " (" + where_ + ')';
    return failure;
}

Failure PqxxSession::current_failure() const {
    auto failure = failure_of_current_exception(raw_);
    // The next attempt goes on behind a server that does not write. Where several sessions find
    // out, the first moves on for all.
    if (failure.sqlstate == "25006") {
        auto left = target_;
        config_->last_target.compare_exchange_strong(left,
                                                     (target_ + 1) % config_->plan.targets.size());
    }
    return at_server(std::move(failure));
}

PqxxSession::Entry& PqxxSession::entry_of(const Statement& statement) {
    const auto found = entries_.find(statement.name);
    if (found != entries_.end()) return found->second;
    std::string name(statement.name);
    Entry entry{.name = name,
                .text = expand_schema(statement.text, quoted_schema_),
                .counter = &config_->metrics.counter(name),
                .planned_each_time = statement.planned_each_time};
    return entries_.emplace(std::move(name), std::move(entry)).first->second;
}

// A plan that was made while the tables were small may walk a whole room later on. Until the server
// has gathered statistics, which makes it plan anew, nobody but us does: after 1, 2, 4, 8 ...
// statements.
void PqxxSession::renew_plans() {
    if (!config_->prepared_statements || ++statements_run_ < plans_until_) return;
    plans_until_ *= 2;
    run_simple(raw_, "DISCARD PLANS");
}

Result PqxxSession::exec(const Statement& statement, const Params& params) {
    require_usable();
    auto& entry = entry_of(statement);
    if (begin_pending_) {
        if (goes_prepared(entry)) return exec_all({{statement, params}}).front();
        send_begin();
    }
    const auto began = Clock::now();
    try {
        renew_plans();
        auto result = run(entry, params);
        entry.counter->record(Clock::now() - began, false);
        return result;
    } catch (...) {
        entry.counter->record(Clock::now() - began, true);
        throw current_failure();
    }
}

void PqxxSession::exec_all(const std::vector<Request>& requests, std::vector<Result>& results) {
    const auto piped = [&](const Request& request) {
        return goes_prepared(entry_of(request.statement));
    };
    if (!std::ranges::all_of(requests, piped)) return Session::exec_all(requests, results);
    require_usable();
    try {
        run_piped(requests, results);
    } catch (...) {
        throw current_failure();
    }
}

void PqxxSession::run_piped(const std::vector<Request>& requests, std::vector<Result>& results) {
    renew_plans();
    for (const auto& request : requests) {
        check_size(request.statement.name, request.params);
        prepare(entry_of(request.statement));
    }
    const auto began = Clock::now();
    auto request = requests.begin();
    try {
        Pipeline pipeline(raw_);
        const bool begins = std::exchange(begin_pending_, false);
        if (begins) pipeline.send(begin_command_);
        for (const auto& each : requests) {
            pipeline.send_prepared(entry_of(each.statement).name, each.params.values());
        }
        pipeline.flush();
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

bool PqxxSession::goes_prepared(const Entry& entry) const {
    return config_->prepared_statements && !entry.planned_each_time;
}

void PqxxSession::prepare(Entry& entry) {
    if (entry.prepared) return;
    connection_->prepare(entry.name, entry.text);
    entry.prepared = true;
}

// Both in one implicit transaction, which ends with the pipeline.
Result PqxxSession::run_planned(const Entry& entry, const Params& params) {
    Pipeline pipeline(raw_);
    pipeline.send(plan_for_values());
    pipeline.send(entry.text, params.values());
    pipeline.flush();
    pipeline.next();
    return make_result(pipeline.next());
}

Result PqxxSession::run(Entry& entry, const Params& params) {
    check_size(entry.name, params);
    if (goes_prepared(entry)) {
        prepare(entry);
        return make_result(run_prepared(raw_, entry.name, params.values()));
    }
    if (config_->prepared_statements) return run_planned(entry, params);
    pqxx::params values;
    values.reserve(params.size());
    for (const Value& value : params.values()) {
        // Borrowed, not copied.
        switch (value.format) {
            case Value::Format::null:
                values.append();
                break;
            case Value::Format::text:
                values.append(pqxx::zview(value.bytes));
                break;
            case Value::Format::binary:
                values.append(pqxx::binary_cast(value.bytes));
                break;
        }
    }
    return make_result(statements_->exec(entry.text, std::move(values)));
}

void PqxxSession::run_script(const std::string& script) {
    require_usable();
    send_begin();
    try {
        run_simple(raw_, script.c_str());
    } catch (...) {
        throw current_failure();
    }
}

// Sent with the first statement, it costs no round trip of its own. Behind a pooler it is several
// commands, which only a simple query can be.
void PqxxSession::begin() {
    require_usable();
    begin_pending_ = true;
    if (!config_->prepared_statements) send_begin();
}

void PqxxSession::send_begin() {
    if (!std::exchange(begin_pending_, false)) return;
    try {
        run_simple(raw_, begin_command_.c_str());
    } catch (...) {
        throw current_failure();
    }
}

// A commit waits only for what its own transaction wrote to the log. A message to those who decode
// the log is the least that can be written, and needs no right and no table.
void PqxxSession::expect_durable() {
    require_usable();
    send_begin();
    try {
        run_simple(raw_, "SELECT pg_catalog.pg_logical_emit_message(true, 'roomstore', '')");
    } catch (...) {
        throw current_failure();
    }
}

void PqxxSession::rollback() {
    if (!statements_) throw classify({}, "not connected", true);
    if (std::exchange(begin_pending_, false)) return;
    try {
        run_simple(raw_, "ROLLBACK");
    } catch (...) {
        throw current_failure();
    }
}

void PqxxSession::commit() {
    if (!statements_) throw classify({}, "not connected", true);
    if (std::exchange(begin_pending_, false)) return;
    if (PQtransactionStatus(raw_) != PQTRANS_INTRANS) {
        // COMMIT would answer ROLLBACK, or warn, and do nothing.
        Failure failure;
        failure.discard = true;
        failure.text = "a statement failed, and the work went on as if it had not";
        throw at_server(std::move(failure));
    }
    // A connection that is lost by now is found before COMMIT is sent; from there on a loss is
    // doubt.
    if (!still_there(raw_)) {
        throw at_server(failure_of(raw_, nullptr));
    }
    const ResultHandle result(PQexec(raw_, "COMMIT"));
    if (PQresultStatus(result.get()) == PGRES_COMMAND_OK) {
        if (std::string_view(PQcmdStatus(result.get())) == "COMMIT") return;
        Failure failure;
        failure.discard = true;
        failure.text = "COMMIT was answered with " + std::string(PQcmdStatus(result.get()));
        throw at_server(std::move(failure));
    }
    auto failure = failure_of(raw_, result.get());
    // statement_completion_unknown and transaction_resolution_unknown say so themselves.
    failure.in_doubt = failure.broken || failure.sqlstate == "40003" || failure.sqlstate == "08007";
    throw at_server(std::move(failure));
}

}  // namespace roomstore::postgres
