#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "roomstore/model/json_value.hpp"

namespace roomstore::benchmark {

/// One contestant of a row, and what was measured of it.
struct Series {
    std::string name{};
    std::string unit{};
    std::vector<double> samples{};
};

/// How the median of one series should stand to that of another. Without a bound it is told and not
/// judged.
struct Comparison {
    std::string ours{};
    std::string yardstick{};
    std::optional<double> at_least{};
    std::optional<double> at_most{};
};

/// Where a row lies on a curve.
struct Growth {
    std::string backend{};
    std::string axis{};
    std::string operation{};
    std::vector<std::int64_t> sizes{};
};

/// One line of the table: work that was done by several contestants in turn.
class Row {
public:
    Row(std::string id, std::string work, std::string setup)
        : id_(std::move(id)), work_(std::move(work)), setup_(std::move(setup)) {}

    /// Adds a sample to the series of this name.
    void note(const std::string& name, const std::string& unit, double sample);

    void compare(Comparison comparison) { comparisons_.push_back(std::move(comparison)); }
    /// The series are named by the sizes.
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

/// Where rows go, each as one line of JSON as soon as it is complete.
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
