#pragma once

#include <string>

#include "roomstore/postgres/postgres_store.hpp"
#include "support/private_cluster.hpp"

namespace roomstore::test {

/// The name of a schema for the running test alone; dropped with what is in it in the end.
class FreshSchema {
public:
    explicit FreshSchema(std::string database = test_database());
    ~FreshSchema();
    FreshSchema(const FreshSchema&) = delete;
    FreshSchema& operator=(const FreshSchema&) = delete;

    const std::string& name() const noexcept { return name_; }
    /// As it stands in SQL.
    std::string quoted_name() const;
    /// For stores on it.
    PostgresOptions options() const;
    /// A connection beside the stores; `{schema}` in what it runs is the quoted name.
    std::vector<TextRow> query(std::string sql);
    std::string value(std::string sql);

private:
    std::string database_;
    std::string name_;
    Admin admin_;
};

}  // namespace roomstore::test
