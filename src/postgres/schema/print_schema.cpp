// Prints the statements that create the schema with the default options: schema.sql of the
// installation.

#include <cstdio>
#include <exception>
#include <string>

#include "roomstore/postgres/postgres_store.hpp"

int main() {
    try {
        const auto script = roomstore::PostgresStore::schema_sql(roomstore::PostgresOptions{});
        return std::fwrite(script.data(), 1, script.size(), stdout) == script.size() ? 0 : 1;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
