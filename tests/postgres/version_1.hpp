#pragma once

#include <string>

#include "postgres/fresh_schema.hpp"

namespace roomstore::test {

/// A session of version 0.1: its statements, as they were released. One call at a time.
class Version1 {
public:
    explicit Version1(const FreshSchema& schema)
        : Version1(schema, schema.options().connection_string) {}
    /// `connection_string`: for a role of its own, for example.
    Version1(const FreshSchema& schema, const std::string& connection_string);

    void append(const std::string& room, const std::string& id, const std::string& body = "new");
    void update(const std::string& room, const std::string& id, const std::string& body);
    void remove(const std::string& room, const std::string& id);

    /// For settings of the session.
    void query(const std::string& sql) { session_.query(sql); }

private:
    void run(std::string sql,
             const std::string& room,
             const std::string& id,
             const std::string& body);

    std::string schema_;
    Admin session_;
};

}  // namespace roomstore::test
