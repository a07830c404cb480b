#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include "roomstore/model/content.hpp"

namespace roomstore {

EventContent::EventContent() noexcept = default;
EventContent::EventContent(const EventContent& other) = default;
EventContent::EventContent(EventContent&& other) noexcept = default;
EventContent& EventContent::operator=(const EventContent& other) = default;
EventContent& EventContent::operator=(EventContent&& other) noexcept = default;
EventContent::~EventContent() = default;

bool operator==(const EventContent& a, const EventContent& b) { return a.variant_ == b.variant_; }

bool operator==(const CompositeContent& a, const CompositeContent& b) {
    return a.parts == b.parts && a.unknown_members == b.unknown_members;
}

bool operator==(const EditContent& a, const EditContent& b) {
    const EventContent* const first = a.new_content.operator->();
    const EventContent* const second = b.new_content.operator->();
    const bool same_content = first && second ? *first == *second : first == second;
    return a.target_event_id == b.target_event_id && same_content &&
           a.edit_source == b.edit_source && a.unknown_members == b.unknown_members;
}

std::string_view EventContent::type() const {
    return std::visit(
        [](const auto& content) -> std::string_view {
            using Content = std::remove_cvref_t<decltype(content)>;
            if constexpr (std::same_as<Content, UnknownContent>) {
                const auto tag = content.raw.find("type");
                if (tag == content.raw.end() || !tag->is_string()) return {};
                return tag->template get_ref<const std::string&>();
            } else {
                return Content::tag;
            }
        },
        variant_);
}

}  // namespace roomstore
