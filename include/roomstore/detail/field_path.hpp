#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "roomstore/detail/text.hpp"
#include "roomstore/error.hpp"

namespace roomstore::detail {

/// The position of a value within an argument. Frames are on the stack and linked to their parents,
/// so that a path costs nothing until it is formatted.
///
/// Formatted as `RoomEvent.content.parts/0.data/user/1`: a field of a struct follows a dot; an
/// element of a list, a map or a JSON value follows a slash, as in a JSON pointer (RFC 6901).
class FieldPath {
public:
    /// The type of a model, or the name of a parameter.
    constexpr explicit FieldPath(std::string_view root) noexcept : name_(root), kind_(Kind::root) {}

    /// A field of a struct.
    constexpr FieldPath field(std::string_view name) const noexcept {
        return FieldPath(this, name, 0, Kind::field);
    }
    /// A member of a map or of a JSON object.
    constexpr FieldPath key(std::string_view name) const noexcept {
        return FieldPath(this, name, 0, Kind::key);
    }
    /// An element of a list or of a JSON array.
    constexpr FieldPath element(std::size_t index) const noexcept {
        return FieldPath(this, {}, index, Kind::element);
    }

    std::string str() const {
        std::vector<const FieldPath*> frames;
        for (const FieldPath* frame = this; frame != nullptr; frame = frame->parent_) {
            frames.push_back(frame);
        }
        std::string out;
        for (auto frame = frames.rbegin(); frame != frames.rend(); ++frame)
            (*frame)->append_to(out);
        return out;
    }

private:
    enum class Kind : unsigned char { root, field, key, element };

    constexpr FieldPath(const FieldPath* parent,
                        std::string_view name,
                        std::size_t index,
                        Kind kind) noexcept
        : parent_(parent), name_(name), index_(index), kind_(kind) {}

    void append_to(std::string& out) const {
        switch (kind_) {
            case Kind::root:
                out += name_;
                break;
            case Kind::field:
                out += '.';
                out += name_;
                break;
            case Kind::key:
                append_key(out);
                break;
            case Kind::element:
                out += '/';
                out += std::to_string(index_);
                break;
        }
    }

    void append_key(std::string& out) const {
        out += '/';
        for (const char c : printable(name_, 64, "\\")) {
            if (c == '~') {
                out += "~0";
            } else if (c == '/') {
                out += "~1";
            } else {
                out += c;
            }
        }
    }

    const FieldPath* parent_ = nullptr;
    std::string_view name_;
    std::size_t index_ = 0;
    Kind kind_;
};

/// Refuses the value at `path`.
[[noreturn]] inline void throw_invalid(const FieldPath& path, std::string_view what) {
    std::string text = path.str();
    text += ": ";
    text += what;
    throw Error(errc::invalid_argument, std::move(text));
}

}  // namespace roomstore::detail
