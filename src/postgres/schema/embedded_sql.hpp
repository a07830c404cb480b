#pragma once

#include <span>
#include <string_view>

namespace roomstore::postgres {

/// One `.sql` file of this folder, compiled into the library.
struct EmbeddedSql {
    int number;             ///< The leading NNNN of the file name.
    std::string_view name;  ///< The file name without its extension: `0001_initial`.
    std::string_view text;
};

/// The migrations, by number. Defined in a source file that the build generates.
extern const std::span<const EmbeddedSql> embedded_migrations;

}  // namespace roomstore::postgres
