# Finds standalone asio, which ships no CMake package: headers only.
#
#   asio::asio      the headers, in standalone mode
#   Asio_VERSION    such as 1.22.1
#
# A target asio::asio that already exists (a package manager's, or a parent project's) is used as it is.
if(TARGET asio::asio)
    set(Asio_FOUND TRUE)
    return()
endif()

find_path(Asio_INCLUDE_DIR asio.hpp)
mark_as_advanced(Asio_INCLUDE_DIR)

if(Asio_INCLUDE_DIR AND EXISTS ${Asio_INCLUDE_DIR}/asio/version.hpp)
    # ASIO_VERSION is major * 100000 + minor * 100 + patch.
    file(STRINGS ${Asio_INCLUDE_DIR}/asio/version.hpp asio_version REGEX "^#define ASIO_VERSION ")
    if(asio_version MATCHES "ASIO_VERSION ([0-9]+)")
        math(EXPR asio_major "${CMAKE_MATCH_1} / 100000")
        math(EXPR asio_minor "${CMAKE_MATCH_1} / 100 % 1000")
        math(EXPR asio_patch "${CMAKE_MATCH_1} % 100")
        set(Asio_VERSION ${asio_major}.${asio_minor}.${asio_patch})
    endif()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
    Asio
    REQUIRED_VARS Asio_INCLUDE_DIR
    VERSION_VAR Asio_VERSION)

if(Asio_FOUND)
    find_package(Threads REQUIRED)
    add_library(asio::asio INTERFACE IMPORTED)
    target_include_directories(asio::asio INTERFACE ${Asio_INCLUDE_DIR})
    target_link_libraries(asio::asio INTERFACE Threads::Threads)
    target_compile_definitions(asio::asio INTERFACE ASIO_STANDALONE)
    if(Asio_VERSION VERSION_LESS 1.24)
        # These releases look for clang's experimental coroutines only, which newer clangs removed.
        set(asio_clang "$<AND:$<COMPILE_LANGUAGE:CXX>,$<CXX_COMPILER_ID:Clang,AppleClang>>")
        target_compile_definitions(
            asio::asio INTERFACE $<${asio_clang}:ASIO_HAS_CO_AWAIT> $<${asio_clang}:ASIO_HAS_STD_COROUTINE>)
    endif()
endif()
