#include "schema/rights.hpp"

#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "roomstore/error.hpp"
#include "schema/embedded_sql.hpp"
#include "sql/statement.hpp"

namespace roomstore::postgres {

namespace {

constexpr Statement creation_rights{"init.creation_rights", R"(
SELECT CASE
           WHEN n.oid IS NULL
               THEN pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')
           ELSE pg_catalog.has_schema_privilege(n.oid, 'CREATE')
       END,
       CASE
           WHEN n.oid IS NULL
               THEN 'DATABASE ' || pg_catalog.quote_ident(pg_catalog.current_database())
           ELSE 'SCHEMA ' || pg_catalog.quote_ident($1)
       END,
       pg_catalog.quote_ident(current_user)
FROM (SELECT 1) AS one
LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = $1)"};

// The privileges that the role lacks on at least one of the tables named in $2.
constexpr Statement table_rights{"init.table_rights", R"(
SELECT p.name, pg_catalog.quote_ident($1), pg_catalog.quote_ident(current_user)
FROM (VALUES (1, 'SELECT'), (2, 'INSERT'), (3, 'UPDATE'), (4, 'DELETE')) AS p (place, name)
WHERE EXISTS (
    SELECT FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relname = ANY ($2::pg_catalog.text[])
      AND NOT pg_catalog.has_table_privilege(c.oid, p.name))
ORDER BY p.place)"};

[[noreturn]] void deny(const std::string& text) {
    throw Error(errc::access_denied, "init: the role may not " + text);
}

/// The tables that calls use: all that the migrations create, except schema_version.
std::vector<std::string> tables() {
    constexpr std::string_view opening = "CREATE TABLE {schema}.";
    std::vector<std::string> names;
    for (const auto& migration : embedded_migrations) {
        auto text = migration.text;
        for (auto at = text.find(opening); at != text.npos; at = text.find(opening)) {
            text.remove_prefix(at + opening.size());
            std::string name(text.substr(0, text.find_first_of(" (\n")));
            if (name != "schema_version") names.push_back(std::move(name));
        }
    }
    return names;
}

}  // namespace

void require_creation_rights(Session& session, const std::string& schema) {
    const auto found = session.exec(creation_rights, Params().add(schema));
    const Row row = found[0];
    if (row.boolean(0)) return;
    deny(
        fmt::format("create the tables; GRANT CREATE ON {} TO {}, or have another role create them",
                    row.view(1),
                    row.view(2)));
}

void require_table_rights(Session& session, const std::string& schema) {
    const auto lacking = session.exec(table_rights, Params().add(schema).add_array(tables()));
    if (lacking.empty()) return;
    std::vector<std::string_view> rights;
    for (std::size_t i = 0; i < lacking.size(); ++i) rights.push_back(lacking[i].view(0));
    deny(fmt::format("use all tables; GRANT {} ON ALL TABLES IN SCHEMA {} TO {}",
                     fmt::join(rights, ", "),
                     lacking[0].view(1),
                     lacking[0].view(2)));
}

}  // namespace roomstore::postgres
