#include "postgres/fresh_schema.hpp"

#include <unistd.h>

namespace roomstore::test {

namespace {

std::string next_name() {
    static int count = 0;
    // Contains the characters that need quoting.
    return "Test \"" + std::to_string(::getpid()) + "\" é " + std::to_string(count++);
}

std::string quoted(const std::string& name) {
    std::string result = "\"";
    for (const char c : name) {
        if (c == '"') result += '"';
        result += c;
    }
    return result += '"';
}

std::string expanded(std::string sql, const std::string& name) {
    const std::string placeholder = "{schema}";
    for (auto at = sql.find(placeholder); at != sql.npos; at = sql.find(placeholder, at)) {
        sql.replace(at, placeholder.size(), quoted(name));
    }
    return sql;
}

}  // namespace

FreshSchema::FreshSchema(std::string database)
    : database_(std::move(database)), name_(next_name()), admin_(database_) {}

std::string FreshSchema::quoted_name() const { return quoted(name_); }

FreshSchema::~FreshSchema() { query("DROP SCHEMA IF EXISTS {schema} CASCADE"); }

PostgresOptions FreshSchema::options() const {
    PostgresOptions options;
    options.connection_string = database_;
    options.schema = name_;
    return options;
}

std::vector<TextRow> FreshSchema::query(std::string sql) {
    return admin_.query(expanded(std::move(sql), name_));
}

std::string FreshSchema::value(std::string sql) {
    return admin_.value(expanded(std::move(sql), name_));
}

}  // namespace roomstore::test
