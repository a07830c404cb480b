#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "roomstore/model/json_value.hpp"

namespace roomstore::benchmark {

/// The samples of one contestant of a row.
struct Series {
    std::string name{};
    std::string unit{};
    std::vector<double> samples{};
};

/// Bounds for the ratio of the medians of two series. Without a bound the ratio is reported, but
/// not judged.
struct Comparison {
    std::string ours{};
    std::string yardstick{};
    std::optional<double> at_least{};
    std::optional<double> at_most{};
};

/// Describes the growth curve of a row.
struct Growth {
    std::string backend{};
    std::string axis{};
    std::string operation{};
    std::vector<std::int64_t> sizes{};
};

/// One row of the benchmark: the same work, done by several contestants in turn.
class Row {
public:
    Row(std::string id, std::string work, std::string setup)
        : id_(std::move(id)), work_(std::move(work)), setup_(std::move(setup)) {}

    /// Adds a sample to the series of this name.
    void note(const std::string& name, const std::string& unit, double sample);

    void compare(Comparison comparison) { comparisons_.push_back(std::move(comparison)); }
    /// Makes the row a growth curve; its series are then named by size.
    void set_growth(Growth growth) { growth_ = std::move(growth); }

    Json to_json() const;

private:
    std::string id_;
    std::string work_;
    std::string setup_;
    std::vector<Series> series_;
    std::vector<Comparison> comparisons_;
    std::optional<Growth> growth_;
};

/// Writes each row as one line of JSON as soon as it is complete.
class Output {
public:
    explicit Output(const std::filesystem::path& path);

    void write(const Row& row) { write_line(row.to_json()); }
    void write_facts(const std::map<std::string, std::string>& facts);

private:
    void write_line(const Json& json);

    std::ofstream file_;
};

}  // namespace roomstore::benchmark
