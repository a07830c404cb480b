#include "schema/migrations.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "driver/session_setup.hpp"
#include "roomstore/detail/text.hpp"
#include "roomstore/error.hpp"
#include "schema/embedded_sql.hpp"
#include "sql/statement.hpp"

namespace roomstore::postgres {

namespace {

constexpr Statement look{"init.look", R"(
SELECT current_setting('server_encoding'),
       n.oid IS NOT NULL,
       coalesce(has_schema_privilege(n.oid, 'USAGE'), false),
       c.oid IS NOT NULL,
       coalesce(has_table_privilege(c.oid, 'SELECT'), false)
FROM (SELECT 1) AS one
LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = $1
LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = 'schema_version')"};

constexpr Statement read_version{"init.read_version", R"(
SELECT coalesce(max(version), 0) FROM {schema}.schema_version)"};

// Waiting for another process that migrates is normal: the only limit is the caller's deadline.
constexpr Statement lock_migrations{"init.lock_migrations", R"(
SELECT pg_catalog.set_config('lock_timeout', '0', true),
       pg_catalog.set_config('statement_timeout', '0', true),
       pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('roomstore ' || $1, 0)))"};

// While a migration waits for the lock of a table, every other statement on it queues behind. If
// the table is held for longer, for example by pg_dump, the migration gives way and is repeated.
constexpr Statement limit_lock_waits{"init.limit_lock_waits", R"(
SELECT pg_catalog.set_config('lock_timeout', '100ms', true))"};

[[noreturn]] void mismatch(const std::string& text) {
    throw Error(errc::schema_mismatch, "init: " + text);
}

[[noreturn]] void deny(const std::string& text) {
    throw Error(errc::access_denied, "init: the role may not " + text);
}

/// Expands `{per_room <table> <key> [<storage parameter>]}` at the end of a CREATE TABLE: to the
/// storage parameters of a plain table, or to the partitioning clause and the partitions.
class PerRoom {
public:
    PerRoom(std::string_view directive, int partitions) : partitions_(partitions) {
        table_ = take_word(directive);
        key_ = take_word(directive);
        storage_ = directive;
    }

    /// The text that replaces it.
    std::string clause() const {
        return partitions_ > 0 ? fmt::format(" PARTITION BY HASH ({})", key_) : with_storage();
    }

    /// The statements that follow the CREATE TABLE.
    std::string partitions() const {
        std::string out;
        for (int i = 0; i < partitions_; ++i) {
            fmt::format_to(std::back_inserter(out),
                           "\nCREATE TABLE {{schema}}.{0}_p{1} PARTITION OF {{schema}}.{0}\n"
                           "    FOR VALUES WITH (MODULUS {2}, REMAINDER {1}){3};",
                           table_,
                           i,
                           partitions_,
                           with_storage());
        }
        return out;
    }

private:
    std::string with_storage() const {
        return storage_.empty() ? std::string() : fmt::format(" WITH ({})", storage_);
    }

    static std::string_view take_word(std::string_view& text) {
        const auto end = std::min(text.find(' '), text.size());
        const auto word = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        return word;
    }

    std::string_view table_;
    std::string_view key_;
    std::string_view storage_;
    int partitions_;
};

std::string expand(std::string_view text, int partitions) {
    constexpr std::string_view opening = " {per_room ";
    constexpr std::string_view closing = "};";
    std::string out;
    for (auto at = text.find(opening); at != text.npos; at = text.find(opening)) {
        out += text.substr(0, at);
        text.remove_prefix(at + opening.size());
        const auto end = text.find(closing);
        const PerRoom per_room(text.substr(0, end), partitions);
        out += fmt::format("{};{}", per_room.clause(), per_room.partitions());
        text.remove_prefix(end + closing.size());
    }
    return out += text;
}

/// The commands of a script, each of which ends with a semicolon at the end of a line; not those
/// inside the body of a DO, between two `$$`.
std::vector<std::string> commands_of(std::string_view script) {
    constexpr std::string_view end = ";\n";
    constexpr std::string_view quote = "$$";
    std::vector<std::string> commands;
    std::size_t from = 0;
    for (auto at = script.find(end); at != script.npos; at = script.find(end, from)) {
        const auto opening = script.find(quote, from);
        if (opening < at) {
            from = script.find(quote, opening + quote.size()) + quote.size();
            continue;
        }
        commands.emplace_back(script.substr(0, at + end.size()));
        script.remove_prefix(at + end.size());
        from = 0;
    }
    return commands;
}

std::vector<std::string> migration_commands(const EmbeddedSql& migration,
                                            const std::string& schema,
                                            int partitions) {
    auto commands = commands_of(fmt::format(
        "{}\nINSERT INTO {{schema}}.schema_version (version, name) VALUES ({}, '{}');\n",
        expand(migration.text, partitions),
        migration.number,
        migration.name));
    for (auto& command : commands) command = expand_schema(command, quote_identifier(schema));
    return commands;
}

void run_migration(Session& session,
                   const EmbeddedSql& migration,
                   const std::string& schema,
                   int partitions) {
    try {
        for (const auto& command : migration_commands(migration, schema, partitions)) {
            session.run_command(command);
        }
    } catch (const Failure& failure) {
        // duplicate_table, which is also reported for indexes.
        if (failure.sqlstate != "42P07") throw;
        mismatch(
            fmt::format("{} holds something that roomstore did not make: {}; choose another schema",
                        detail::named("schema", schema),
                        failure.text));
    }
}

}  // namespace

std::int64_t latest_schema_version() { return embedded_migrations.back().number; }

std::string schema_script(const std::string& schema, int partitions) {
    const auto quoted_schema = quote_identifier(schema);
    std::string script = fmt::format(
        "-- The tables of roomstore, version {}. A role that is to use them, and may have no other "
        "rights, needs\n"
        "--   GRANT USAGE ON SCHEMA ... TO role;\n"
        "--   GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ... TO role;\n"
        "BEGIN;\n\nSET LOCAL search_path = {};\nCREATE SCHEMA IF NOT EXISTS {};\n\n",
        latest_schema_version(),
        search_path(quoted_schema),
        quoted_schema);
    for (const auto& migration : embedded_migrations) {
        for (const auto& command : migration_commands(migration, schema, partitions)) {
            script += command;
        }
    }
    return script + "\nCOMMIT;\n";
}

SchemaState read_schema_state(Session& session, const std::string& schema) {
    const auto found = session.exec(look, Params().add(schema));
    const Row row = found[0];
    const auto encoding = row.text(0);
    if (encoding != "UTF8") {
        mismatch(
            fmt::format("the database has the encoding {}, which cannot hold every text; use "
                        "a database created with ENCODING 'UTF8'",
                        encoding));
    }
    SchemaState state{.schema_exists = row.boolean(1)};
    if (!state.schema_exists) return state;
    if (!row.boolean(2)) {
        deny(fmt::format("use {}; GRANT USAGE ON SCHEMA {} to it",
                         detail::named("schema", schema),
                         quote_identifier(schema)));
    }
    if (!row.boolean(3)) return state;
    if (!row.boolean(4)) {
        deny(
            fmt::format("read the tables in {}; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES "
                        "IN SCHEMA {} to it",
                        detail::named("schema", schema),
                        quote_identifier(schema)));
    }
    const auto version = session.exec(read_version, Params());
    state.version = version[0].int64(0);
    return state;
}

bool needs_migration(const SchemaState& state, const std::string& schema, bool create) {
    const auto latest = latest_schema_version();
    if (state.version == latest) return false;
    const auto name = detail::named("schema", schema);
    if (state.version > latest) {
        mismatch(
            fmt::format("{} has version {}, newer than version {} of this build; use a build of "
                        "roomstore that knows it",
                        name,
                        state.version,
                        latest));
    }
    if (create) return true;
    if (state.version > 0) {
        mismatch(
            fmt::format("{} has version {}, this build needs version {}, and create_schema is off; "
                        "have the role that owns the tables run init() with create_schema on",
                        name,
                        state.version,
                        latest));
    }
    const std::string found = !state.schema_exists
                                  ? fmt::format("there is no {}", name)
                                  : fmt::format("{} holds no tables of roomstore", name);
    mismatch(
        fmt::format("{}, this build needs version {}, and create_schema is off; have a role "
                    "that may create tables run init() with create_schema on, or run the text "
                    "of PostgresStore::schema_sql()",
                    found,
                    latest));
}

bool apply_next_migration(Session& session, const std::string& schema, int partitions) {
    session.exec(lock_migrations, Params().add(schema));
    const SchemaState state = read_schema_state(session, schema);
    if (!needs_migration(state, schema, true)) return false;
    // Not IF NOT EXISTS, which requires the privilege to create schemas even if the schema exists.
    if (!state.schema_exists) session.run_command("CREATE SCHEMA " + quote_identifier(schema));
    for (const auto& migration : embedded_migrations) {
        if (migration.number <= state.version) continue;
        session.exec(limit_lock_waits, Params());
        run_migration(session, migration, schema, partitions);
        return migration.number < latest_schema_version();
    }
    return false;
}

}  // namespace roomstore::postgres
