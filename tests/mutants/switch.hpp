#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <thread>

/// Chooses, when the process starts, the one fault that it has; none unless the environment says
/// so. Included by nothing but the mutated copies that `apply.py` writes.
namespace roomstore::mutants {

enum class Mutant {
    no_fault,
#define ROOMSTORE_MUTANT_NAME(name) name,
#include <roomstore_mutant_names.inc>
#undef ROOMSTORE_MUTANT_NAME
};

/// A name that is misspelt would run the sound code, and so would look like a fault that nobody
/// sees: it ends the process instead.
inline Mutant mutant_from_environment() {
    const char* value = std::getenv("ROOMSTORE_MUTANT");
    if (value == nullptr) return Mutant::no_fault;
    const std::string_view wanted(value);
#define ROOMSTORE_MUTANT_NAME(name) \
    if (wanted == #name) return Mutant::name;
#include <roomstore_mutant_names.inc>
#undef ROOMSTORE_MUTANT_NAME
    std::fprintf(stderr, "ROOMSTORE_MUTANT: there is no mutant '%s'\n", value);
    std::_Exit(EXIT_FAILURE);
}

inline const Mutant active = mutant_from_environment();

/// Lets the rivals of a test in between two steps that ought to be one.
inline void give_way() {
    for (int i = 0; i < 20; ++i) std::this_thread::yield();
}

}  // namespace roomstore::mutants

#define ROOMSTORE_MUTANT(name) (::roomstore::mutants::active == ::roomstore::mutants::Mutant::name)
