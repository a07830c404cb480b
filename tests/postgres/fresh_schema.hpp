#pragma once

#include <string>

#include "roomstore/postgres/postgres_store.hpp"
#include "support/private_cluster.hpp"

namespace roomstore::test {

/// A unique schema name for one test. The destructor drops the schema with its contents.
class FreshSchema {
public:
    explicit FreshSchema(std::string database = test_database());
    ~FreshSchema();
    FreshSchema(const FreshSchema&) = delete;
    FreshSchema& operator=(const FreshSchema&) = delete;

    const std::string& name() const noexcept { return name_; }
    /// As a quoted SQL identifier.
    std::string quoted_name() const;
    /// For stores that use the schema.
    PostgresOptions options() const;
    /// Run on a separate connection; `{schema}` in `sql` is replaced by the quoted name.
    std::vector<TextRow> query(std::string sql);
    std::string value(std::string sql);

private:
    std::string database_;
    std::string name_;
    Admin admin_;
};

}  // namespace roomstore::test
