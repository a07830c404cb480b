#include "driver/errors.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace roomstore::postgres {

namespace {

struct Rule {
    std::string_view sqlstate;  // a whole SQLSTATE, or the two characters of its class
    errc code;
    Remedy remedy;
    bool discard = false;
};

// The first rule that matches applies. The codes are those of the manual's Appendix A.
constexpr std::array rules{
    Rule{"08P01", errc::internal, Remedy::none, true},
    // On a live connection, the lost connection is one between the server and another server.
    Rule{"08", errc::unavailable, Remedy::rerun},
    Rule{"57P0", errc::unavailable, Remedy::reconnect},
    Rule{"53300", errc::unavailable, Remedy::reconnect},
    // Only an administrator can fix passwords, grants and database names.
    Rule{"28", errc::access_denied, Remedy::none},
    Rule{"3D000", errc::access_denied, Remedy::none},
    Rule{"42501", errc::access_denied, Remedy::none},
    Rule{"25006", errc::read_only, Remedy::reconnect},
    Rule{"40001", errc::busy, Remedy::rerun},
    Rule{"40P01", errc::busy, Remedy::rerun},
    Rule{"55P03", errc::busy, Remedy::rerun},
    Rule{"55006", errc::busy, Remedy::rerun},
    Rule{"57014", errc::timeout, Remedy::none},
    Rule{"26000", errc::internal, Remedy::reconnect_once},
    Rule{"42P05", errc::internal, Remedy::reconnect_once},
    Rule{"0A000", errc::internal, Remedy::reconnect_once},
    Rule{"53", errc::storage_full, Remedy::none},
    Rule{"22", errc::invalid_argument, Remedy::none},
    Rule{"54", errc::invalid_argument, Remedy::none},
    Rule{"3F000", errc::schema_mismatch, Remedy::none},
    Rule{"42P01", errc::schema_mismatch, Remedy::none},
    Rule{"42P10", errc::schema_mismatch, Remedy::none},
    Rule{"42703", errc::schema_mismatch, Remedy::none},
    Rule{"42704", errc::schema_mismatch, Remedy::none},
    Rule{"42883", errc::schema_mismatch, Remedy::none},
    // Jobs that expect a duplicate key check for it themselves; the connection stays usable.
    Rule{"23", errc::internal, Remedy::none},
};

constexpr Rule unknown{"", errc::internal, Remedy::none, true};

const Rule& rule_of(std::string_view sqlstate) {
    const auto* const found = std::ranges::find_if(
        rules, [&](const Rule& rule) { return sqlstate.starts_with(rule.sqlstate); });
    return found == rules.end() ? unknown : *found;
}

std::string_view advice(std::string_view sqlstate) {
    if (sqlstate == "26000" || sqlstate == "42P05") {
        return " (behind a pooler, set PostgresOptions::prepared_statements = false)";
    }
    if (sqlstate == "42P01" || sqlstate == "3F000") {
        return " (is the schema installed, and PostgresOptions::schema its name?)";
    }
    if (sqlstate == "42501") return " (the role of this connection lacks a GRANT)";
    return {};
}

bool is_sqlstate(std::string_view text) {
    return text.size() == 5 && std::ranges::all_of(text, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
           });
}

// Position of the SQLSTATE in `line`: `SEVERITY:  XXXXX: text`, with the severity in any language.
std::optional<std::size_t> find_sqlstate(std::string_view line) {
    constexpr std::string_view before = ":  ";
    for (auto at = line.find(before); at != std::string_view::npos;
         at = line.find(before, at + 1)) {
        const auto code = at + before.size();
        if (line.size() >= code + 7 && is_sqlstate(line.substr(code, 5)) &&
            line.substr(code + 5, 2) == ": ") {
            return code;
        }
    }
    return std::nullopt;
}

}  // namespace

Failure classify(std::string sqlstate, std::string text, bool broken) {
    Failure failure;
    const auto& rule = rule_of(sqlstate);
    failure.code = rule.code;
    failure.remedy = rule.remedy;
    failure.discard = rule.discard;
    // A lost connection can be replaced, unless the server has denied access.
    if (broken && rule.remedy != Remedy::reconnect && rule.code != errc::access_denied) {
        failure.code = errc::unavailable;
        failure.remedy = Remedy::reconnect;
    }
    failure.broken = broken;
    failure.text = std::move(text);
    failure.text += advice(sqlstate);
    failure.sqlstate = std::move(sqlstate);
    return failure;
}

bool leaves_commit_in_doubt(std::string_view sqlstate) {
    // 40003 is statement_completion_unknown; class 08 are connection exceptions, class XX internal
    // errors.
    return sqlstate == "40003" || sqlstate.starts_with("08") || sqlstate.starts_with("XX");
}

ServerText parse_server_text(std::string_view verbose) {
    ServerText parsed;
    while (!verbose.empty()) {
        const auto line = verbose.substr(0, verbose.find('\n'));
        verbose.remove_prefix(std::min(line.size() + 1, verbose.size()));
        // Skip the line with the name of a C file and function: libpq translates its label, but its
        // format is always the same.
        if (const auto colon = line.find(":  ");
            !parsed.sqlstate.empty() && colon != std::string_view::npos &&
            line.find(".c:", colon) != std::string_view::npos &&
            line.find(", ", colon) < line.find(".c:")) {
            continue;
        }
        if (!parsed.text.empty()) parsed.text += '\n';
        if (const auto code = find_sqlstate(line)) {
            parsed.sqlstate = line.substr(*code, 5);
            parsed.text += line.substr(0, *code);
            parsed.text += line.substr(*code + 7);
        } else {
            parsed.text += line;
        }
    }
    while (!parsed.text.empty() && (parsed.text.back() == '\n' || parsed.text.back() == '\r')) {
        parsed.text.pop_back();
    }
    return parsed;
}

}  // namespace roomstore::postgres
