# Finds libpqxx and the libpq under it. libpqxx has a CMake package if it was built with CMake, but not if it
# was built with autotools; searching for header and library covers both.
#
#   Libpqxx::pqxx      the library, with libpq as its dependency
#   Libpqxx_VERSION    such as 7.10.0
find_package(PkgConfig QUIET)
if(PKG_CONFIG_FOUND)
    pkg_check_modules(PC_LIBPQ QUIET libpq)
endif()
find_path(Libpqxx_LIBPQ_INCLUDE_DIR libpq-fe.h HINTS ${PC_LIBPQ_INCLUDE_DIRS} PATH_SUFFIXES postgresql)
find_library(Libpqxx_LIBPQ_LIBRARY pq HINTS ${PC_LIBPQ_LIBRARY_DIRS})
find_path(Libpqxx_INCLUDE_DIR pqxx/version.hxx)
find_library(Libpqxx_LIBRARY NAMES pqxx)
mark_as_advanced(Libpqxx_LIBPQ_INCLUDE_DIR Libpqxx_LIBPQ_LIBRARY Libpqxx_INCLUDE_DIR Libpqxx_LIBRARY)

if(Libpqxx_INCLUDE_DIR)
    file(STRINGS ${Libpqxx_INCLUDE_DIR}/pqxx/version.hxx pqxx_version REGEX "define PQXX_VERSION \"")
    if(pqxx_version MATCHES "\"([0-9.]+)")
        set(Libpqxx_VERSION ${CMAKE_MATCH_1})
    endif()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
    Libpqxx
    REQUIRED_VARS Libpqxx_LIBRARY Libpqxx_INCLUDE_DIR Libpqxx_LIBPQ_LIBRARY Libpqxx_LIBPQ_INCLUDE_DIR
    VERSION_VAR Libpqxx_VERSION
    HANDLE_VERSION_RANGE)

if(Libpqxx_FOUND AND NOT TARGET Libpqxx::pqxx)
    add_library(Libpqxx::libpq UNKNOWN IMPORTED)
    set_target_properties(
        Libpqxx::libpq
        PROPERTIES IMPORTED_LOCATION ${Libpqxx_LIBPQ_LIBRARY}
                   INTERFACE_INCLUDE_DIRECTORIES ${Libpqxx_LIBPQ_INCLUDE_DIR})
    add_library(Libpqxx::pqxx UNKNOWN IMPORTED)
    set_target_properties(
        Libpqxx::pqxx
        PROPERTIES IMPORTED_LOCATION ${Libpqxx_LIBRARY}
                   INTERFACE_INCLUDE_DIRECTORIES ${Libpqxx_INCLUDE_DIR}
                   INTERFACE_LINK_LIBRARIES Libpqxx::libpq)
endif()
