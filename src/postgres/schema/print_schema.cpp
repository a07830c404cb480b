// Writes the statements that create the schema with the default options to a file: schema.sql of
// the installation.

#include <exception>
#include <fstream>
#include <iostream>
#include <stdexcept>

#include "roomstore/postgres/postgres_store.hpp"

int main(int count, char** arguments) {
    try {
        if (count != 2) throw std::runtime_error("usage: roomstore_print_schema FILE");
        std::ofstream file(arguments[1]);
        file << roomstore::PostgresStore::schema_sql(roomstore::PostgresOptions{});
        if (!file.flush()) throw std::runtime_error("cannot write the file");
        return 0;
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}
