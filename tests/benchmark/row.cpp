#include "benchmark/row.hpp"

#include <algorithm>
#include <iostream>
#include <stdexcept>

namespace roomstore::benchmark {

void Row::note(const std::string& name, const std::string& unit, double sample) {
    auto found = std::find_if(
        series_.begin(), series_.end(), [&](const Series& series) { return series.name == name; });
    if (found == series_.end()) {
        series_.push_back(Series{.name = name, .unit = unit});
        found = series_.end() - 1;
    }
    found->samples.push_back(sample);
}

Json Row::to_json() const {
    Json json{{"id", id_}, {"work", work_}, {"setup", setup_}};
    for (const Series& series : series_) {
        json["series"].push_back(
            {{"name", series.name}, {"unit", series.unit}, {"samples", series.samples}});
    }
    json["comparisons"] = Json::array();
    for (const Comparison& comparison : comparisons_) {
        Json entry{{"ours", comparison.ours}, {"yardstick", comparison.yardstick}};
        if (comparison.at_least) entry["at_least"] = *comparison.at_least;
        if (comparison.at_most) entry["at_most"] = *comparison.at_most;
        json["comparisons"].push_back(std::move(entry));
    }
    if (growth_) {
        json["growth"] = {{"backend", growth_->backend},
                          {"axis", growth_->axis},
                          {"operation", growth_->operation},
                          {"sizes", growth_->sizes}};
    }
    return json;
}

Output::Output(const std::filesystem::path& path) {
    if (path.empty()) return;
    file_.open(path);
    if (!file_) throw std::runtime_error("cannot write " + path.string());
}

void Output::write_facts(const std::map<std::string, std::string>& facts) {
    write_line(Json{{"facts", facts}});
}

void Output::write_line(const Json& json) {
    std::ostream& stream = file_.is_open() ? static_cast<std::ostream&>(file_) : std::cout;
    stream << json.dump() << std::endl;  // flushed: a long run may be watched or interrupted
}

}  // namespace roomstore::benchmark
