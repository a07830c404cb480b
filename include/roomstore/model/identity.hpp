#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "roomstore/model/json_value.hpp"

namespace roomstore {

/// A person or agent behind addresses. An address is unique inside an organization; the space
/// without organization is one of its own.
struct Identity {
    /// 1 to 255 bytes.
    std::string id{};
    std::optional<std::string> organization_id{};
    std::optional<std::string> display_name{};
    std::optional<std::string> email{};
    std::optional<std::string> phone{};
    /// Addresses by channel type; an address has 1 to 1024 bytes.
    std::map<std::string, std::vector<std::string>> channel_addresses{};
    std::optional<std::string> external_id{};
    std::map<std::string, std::string> external_ids{};
    /// A JSON object.
    Json metadata = Json::object();
    bool operator==(const Identity&) const = default;
};

}  // namespace roomstore
