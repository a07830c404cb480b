#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "driver/session.hpp"

namespace roomstore::test {

/// A session without a server. Logs the calls, and fails where its script says so.
class FakeSession final : public postgres::Session {
public:
    /// The calls, in order: `connect`, `begin`, a statement's name, `expect_durable`, `commit`,
    /// `rollback`, `disconnect`.
    std::vector<std::string> log;
    /// Called with each of these but `disconnect`, before it takes effect; may throw `Failure`.
    std::function<void(const std::string& step)> script;
    /// Called when a job asks whether it may go on; may throw `Failure`.
    std::function<void()> on_look;

    postgres::Result exec(const postgres::Statement& statement, const postgres::Params&) override {
        try {
            step(std::string(statement.name));
        } catch (const postgres::Failure&) {
            if (status_ == postgres::TransactionStatus::open) {
                status_ = postgres::TransactionStatus::failed;
            }
            throw;
        }
        return {};
    }

    void run_command(const std::string& text) override { step(text); }
    void require_usable() const override {
        if (on_look) on_look();
    }

    void connect(Clock::time_point) override {
        step("connect");
        connected_ = true;
        status_ = postgres::TransactionStatus::idle;
    }

    void disconnect() noexcept override {
        if (std::exchange(connected_, false)) log.emplace_back("disconnect");
        status_ = postgres::TransactionStatus::unknown;
    }

    bool connected() const noexcept override { return connected_; }
    postgres::TransactionStatus transaction_status() const noexcept override { return status_; }

    void begin() override {
        step("begin");
        status_ = postgres::TransactionStatus::open;
    }

    void expect_durable() override { step("expect_durable"); }

    void commit() override {
        step("commit");
        status_ = postgres::TransactionStatus::idle;
    }

    void rollback() override {
        step("rollback");
        status_ = postgres::TransactionStatus::idle;
    }

    std::shared_ptr<postgres::SessionControl> control() noexcept override { return control_; }

private:
    class NoControl final : public postgres::SessionControl {
        void reset() noexcept override {}
        void cancel() noexcept override {}
        void cut() noexcept override {}
    };

    void step(std::string name) {
        log.push_back(name);
        if (!script) return;
        try {
            script(name);
        } catch (const postgres::Failure& failure) {
            if (failure.broken) {
                connected_ = false;
                status_ = postgres::TransactionStatus::unknown;
            }
            throw;
        }
    }

    bool connected_ = false;
    postgres::TransactionStatus status_ = postgres::TransactionStatus::unknown;
    std::shared_ptr<postgres::SessionControl> control_ = std::make_shared<NoControl>();
};

}  // namespace roomstore::test
