#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "driver/connector.hpp"
#include "driver/libpq/control.hpp"
#include "driver/libpq/libpq.hpp"
#include "driver/pqxx.hpp"
#include "driver/session.hpp"
#include "driver/session_setup.hpp"

namespace roomstore::postgres {

/// Configuration and state that all sessions of a store share.
struct SessionConfig {
    Servers servers;
    std::string quoted_schema;
    std::string search_path;
    /// For each session, or for each transaction if statements are not prepared.
    std::vector<Setting> settings;
    bool prepared_statements = true;
    StatementMetrics metrics;
};

std::shared_ptr<SessionConfig> session_config(const PostgresOptions& options);

/// A session on a server. libpqxx owns the connection, prepares the statements, and runs commands,
/// which have no parameters and return nothing. What it cannot do goes through libpq:
///
/// - The connection is made with libpq, handed over, and set up with libpq, because libpqxx can
///   neither limit nor interrupt this.
/// - Statements: libpqxx does not support pipeline mode, in which statements with parameters are
///   sent together, and each of its fields shares the ownership of the result, which takes longer
///   for a page of events. With prepared statements, the command that begins a transaction is sent
///   together with its first statement. Without them, a statement outside a transaction is sent
///   together with the settings that it needs.
/// - COMMIT: libpqxx reads from the socket once more after the answer and then reports a COMMIT in
///   doubt that is not, and it does not notice that a COMMIT was answered with ROLLBACK.
class ServerSession final : public Session {
public:
    explicit ServerSession(std::shared_ptr<SessionConfig> config);
    ~ServerSession() override;

    Result exec(const Statement& statement, const Params& params) override;
    using Session::exec_all;
    void exec_all(const std::vector<Request>& requests, std::vector<Result>& results) override;
    void run_command(const std::string& text) override;
    void require_usable() const override;

    void connect(Clock::time_point deadline) override;
    void disconnect() noexcept override;
    bool connected() const noexcept override;
    TransactionStatus transaction_status() const noexcept override;
    void begin() override;
    void expect_durable() override;
    void commit() override;
    void rollback() override;
    std::shared_ptr<SessionControl> control() noexcept override { return control_; }

    /// @name Notifications, for a session that runs no transactions
    /// @{

    /// Listens on a channel from now on, as long as the session is connected.
    /// @throws Failure
    void listen(const std::string& channel);

    /// The messages that have arrived since the last call. Does not wait.
    /// @throws Failure if the connection is lost.
    std::vector<std::string> take_messages();

    /// Whether the session belongs to this process alone, and so keeps its state.
    bool prepares() const noexcept { return config_->prepared_statements; }

    /// To wait for messages; -1 without a connection.
    int socket() const noexcept { return raw_ == nullptr ? -1 : PQsocket(raw_); }

    /// @}

private:
    struct Entry {
        std::string name;  // libpqxx needs it null-terminated
        std::string text;
        StatementCounter* counter;
        bool custom_plan = false;
        bool prepared = false;
        std::uint64_t last_used = 0;
    };
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>{}(text);
        }
    };

    void set_up(Clock::time_point deadline);
    std::vector<Setting> set_all(std::string_view scope, Clock::time_point deadline);
    void require_version() const;
    void require_date_style() const;
    Failure mismatch(std::string text) const;
    Entry& entry_of(const Statement& statement);
    Result run(Entry& entry, const Params& params);
    void renew_plans();
    Result run_unprepared(const Entry& entry, const Params& params, std::size_t bytes);
    /// Sends `bytes` of parameters, with `send`.
    template <typename Send>
    void send(std::size_t bytes, Send send) const;
    void run_piped(const std::vector<Request>& requests, std::vector<Result>& results);
    bool uses_prepared(const Entry& entry) const;
    void evict_least_recently_used();
    void prepare(Entry& entry);
    void send_begin();
    void command(const std::string& text);
    Failure current_failure() const;
    Failure at_server(Failure failure) const;

    std::shared_ptr<SessionConfig> config_;
    std::shared_ptr<ServerControl> control_;
    Connector connector_;
    std::string where_;
    std::string begin_command_;
    bool begin_pending_ = false;
    std::uint64_t statements_run_ = 0;
    std::uint64_t replan_at_ = 1;
    PGconn* raw_ = nullptr;  // owned by connection_
    std::optional<pqxx::connection> connection_;
    std::unordered_map<std::string, Entry, Hash, std::equal_to<>> entries_;
    std::size_t text_bytes_ = 0;  // of all entries
    std::uint64_t uses_ = 0;      // counter for last_used
    std::vector<std::string> to_deallocate_;
    std::vector<std::string> messages_;
};

}  // namespace roomstore::postgres
