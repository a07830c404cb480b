#include <cstdio>
#include <cstdlib>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

#include "contract/harness.hpp"
#include "roomstore/postgres/postgres_store.hpp"
#include "support/hostile_names.hpp"
#include "support/pgbouncer.hpp"
#include "support/private_cluster.hpp"

namespace roomstore::contract {

namespace {

/// A configuration in which the suite runs on the backend.
struct Surroundings {
    /// The options of the stores, except the schema.
    PostgresOptions options{};
    /// Connection string of a superuser for the same database, without a pooler.
    std::string arranging{};
    /// If not empty: a superuser creates the tables, and this role has only DML rights on them.
    std::string role{};
    /// No statement may call or use objects created by `hostile_names_sql()`.
    bool names_are_hostile = false;
};

Surroundings plain() {
    Surroundings result;
    result.arranging = test::test_database();
    result.options.connection_string = result.arranging;
    return result;
}

Surroundings partitioned() {
    auto result = plain();
    result.options.partitions = 4;
    return result;
}

Surroundings unbatched() {
    auto result = plain();
    result.options.append_batch = 1;
    return result;
}

Surroundings pgbouncer() {
    test::PgBouncer::require();
    Surroundings result;
    result.arranging = test::PrivateCluster::shared().connection_string();
    // Sessions take these settings from the database. The store must not depend on them.
    test::Admin(result.arranging)
        .query(
            "ALTER DATABASE postgres SET TimeZone = 'Europe/Berlin';"
            "ALTER DATABASE postgres SET extra_float_digits = 0;"
            "ALTER DATABASE postgres SET bytea_output = 'escape'");
    result.options.connection_string = test::PgBouncer::shared().connection_string();
    result.options.prepared_statements = false;
    return result;
}

Surroundings dml_role() {
    const auto& cluster = test::PrivateCluster::shared();
    Surroundings result;
    result.role = "dml_only";
    result.arranging = cluster.connection_string();
    test::Admin(result.arranging).query("CREATE ROLE dml_only LOGIN");
    result.options.connection_string = cluster.connection_string("postgres", result.role);
    result.options.create_schema = false;
    return result;
}

/// The search_path of `role` starts with a schema that shadows names with hostile objects.
Surroundings hostile_names(const std::string& role) {
    const auto& cluster = test::PrivateCluster::shared();
    cluster.admin().query("CREATE DATABASE hostile");
    Surroundings result;
    result.names_are_hostile = true;
    // The superuser connection must not use the hostile search_path.
    result.arranging =
        cluster.connection_string("hostile") + " options='-c search_path=pg_catalog'";
    test::Admin admin(result.arranging);
    admin.query(test::hostile_names_sql());
    if (role != "postgres") admin.query("CREATE ROLE " + role + " LOGIN");
    admin.query("GRANT CREATE ON DATABASE hostile TO " + role);
    const auto alter = "ALTER ROLE " + role + " IN DATABASE hostile SET ";
    admin.query(alter + "search_path = hostile, pg_catalog");
    admin.query(alter + "log_error_verbosity = verbose");
    return result;
}

Surroundings hostile_role() {
    auto result = hostile_names("app");
    result.options.connection_string =
        test::PrivateCluster::shared().connection_string("hostile", "app");
    return result;
}

Surroundings hostile_pooled() {
    test::PgBouncer::require();
    auto result = hostile_names("postgres");  // the role with which the pooler logs in
    result.options.connection_string = test::PgBouncer::shared().connection_string("hostile");
    result.options.prepared_statements = false;
    return result;
}

Surroundings surroundings() {
    const char* value = std::getenv("ROOMSTORE_CONTRACT_POSTGRES");
    const std::string_view name = value ? value : "plain";
    if (name == "plain") return plain();
    if (name == "partitioned") return partitioned();
    if (name == "unbatched") return unbatched();
    if (name == "pgbouncer") return pgbouncer();
    if (name == "dml_role") return dml_role();
    if (name == "hostile_role") return hostile_role();
    if (name == "hostile_pooled") return hostile_pooled();
    throw std::logic_error("ROOMSTORE_CONTRACT_POSTGRES: unknown '" + std::string(name) + "'");
}

/// Fails if the suite was requested for a server version and runs on a different one.
void require_server(const Surroundings& surroundings) {
    const char* const wanted = std::getenv("ROOMSTORE_CONTRACT_SERVER");
    if (wanted == nullptr) return;
    const auto version = test::Admin(surroundings.arranging)
                             .value("SELECT current_setting('server_version_num')::int / 10000");
    if (version == wanted) return;
    throw std::logic_error("ROOMSTORE_CONTRACT_SERVER: this is a server of version " + version);
}

/// One schema per store. Creating one takes longer than most tests, so the schema of a destroyed
/// store is emptied and reused.
class Schemas {
public:
    explicit Schemas(const Surroundings& surroundings)
        : surroundings_(surroundings), admin_(surroundings.arranging) {}

    ~Schemas() {
        for (const auto& name : made_) admin_.query("DROP SCHEMA IF EXISTS " + name + " CASCADE");
    }

    std::string take() {
        if (free_.empty()) return make();
        auto name = std::move(free_.back());
        free_.pop_back();
        empty(name);
        return name;
    }

    void give_back(std::string name) { free_.push_back(std::move(name)); }

private:
    std::string make() {
        made_.push_back("contract_" + std::to_string(::getpid()) + "_" +
                        std::to_string(made_.size()));
        const std::string& name = made_.back();
        if (!surroundings_.role.empty()) {
            auto options = surroundings_.options;
            options.schema = name;
            admin_.query(PostgresStore::schema_sql(options));
            admin_.query("GRANT USAGE ON SCHEMA " + name + " TO " + surroundings_.role +
                         ";GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA " + name +
                         " TO " + surroundings_.role);
        }
        return name;
    }

    // The tables are small: deleting their rows is faster than truncating them.
    void empty(const std::string& name) {
        std::string script;
        for (const auto& row : admin_.query("SELECT tablename FROM pg_tables WHERE tablename NOT "
                                            "IN ('schema_version', 'settings') "
                                            "AND schemaname = '" +
                                            name + "'")) {
            script += "DELETE FROM " + name + "." + *row.at(0) + ";";
        }
        if (!script.empty()) admin_.query(script);
    }

    Surroundings surroundings_;
    test::Admin admin_;
    std::vector<std::string> made_;
    std::vector<std::string> free_;
};

/// A schema in use; returned to `Schemas` when the last store on it is destroyed.
struct Lease {
    explicit Lease(std::shared_ptr<Schemas> all) : schemas(std::move(all)), name(schemas->take()) {}
    ~Lease() { schemas->give_back(name); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

    std::shared_ptr<Schemas> schemas;
    std::string name;
};

class PostgresBackend final : public Backend {
public:
    explicit PostgresBackend(Surroundings surroundings)
        : options_(surroundings.options),
          names_are_hostile_(surroundings.names_are_hostile),
          schemas_(std::make_shared<Schemas>(surroundings)) {}

    ~PostgresBackend() override {
        if (!names_are_hostile_) return;
        const auto line = test::find_hostile_call(test::PrivateCluster::shared().log());
        if (line.empty()) return;
        // All tests have ended, so none of them can report this.
        std::fprintf(stderr, "a statement used a hostile object: %s\n", line.c_str());
        std::abort();
    }

    std::shared_ptr<ConversationStore> make_store(Limits limits) override {
        return store_on(std::make_shared<Lease>(schemas_), limits);
    }

    std::shared_ptr<ConversationStore> reopen_store(const ConversationStore& store) override {
        const auto lease = leases_.at(&store).lock();
        if (!lease) throw std::logic_error("reopen_store: the store is gone, and so are its data");
        return store_on(lease, {});
    }

private:
    std::shared_ptr<ConversationStore> store_on(const std::shared_ptr<Lease>& lease,
                                                Limits limits) {
        auto options = options_;
        options.schema = lease->name;
        options.limits = limits;
        std::shared_ptr<ConversationStore> store(
            new PostgresStore(std::move(options)),
            [lease](const ConversationStore* gone) { delete gone; });
        leases_[store.get()] = lease;
        return store;
    }

    PostgresOptions options_;
    bool names_are_hostile_;
    std::shared_ptr<Schemas> schemas_;
    std::map<const ConversationStore*, std::weak_ptr<Lease>> leases_;
};

}  // namespace

std::unique_ptr<Backend> make_backend() {
    auto around = surroundings();
    require_server(around);
    return std::make_unique<PostgresBackend>(std::move(around));
}

}  // namespace roomstore::contract
