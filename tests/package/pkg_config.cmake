# Compiles a program with the flags that pkg-config returns, and runs it:
#
#   cmake -DPACKAGE=<package> -DSOURCE=<program> -DPREFIX=<where roomstore is installed> -DVERSION=<its version>
#         -DPKG_CONFIG=<program> -DBINARY=<scratch> -DCXX=<compiler> [-DSTATIC=ON] [-DDISTRIBUTION=ON]
#         -P pkg_config.cmake
#
# STATIC: the static library, with `pkg-config --static`. DISTRIBUTION: without /usr/local, as on a machine
# that has only packages of the distribution.
file(REMOVE_RECURSE ${BINARY})
file(MAKE_DIRECTORY ${BINARY}/build)
file(GLOB_RECURSE packages ${PREFIX}/*/${PACKAGE}.pc)
cmake_path(GET packages PARENT_PATH folder)
set(hidden "")
if(DISTRIBUTION)
    # PKG_CONFIG_LIBDIR replaces the default folders; headers of libpqxx, libpq and fmt do not compile.
    file(GLOB system /usr/lib/*/pkgconfig)
    list(JOIN system ":" system)
    set(ENV{PKG_CONFIG_PATH} "")
    set(ENV{PKG_CONFIG_LIBDIR} ${folder}:${system}:/usr/lib/pkgconfig:/usr/share/pkgconfig)
    set(hidden -I${CMAKE_CURRENT_LIST_DIR}/memory_only/hidden)
else()
    set(ENV{PKG_CONFIG_PATH} ${folder}:/usr/local/lib/pkgconfig:$ENV{PKG_CONFIG_PATH})
endif()
set(static "")
if(STATIC)
    set(static --static)
endif()

execute_process(
    COMMAND ${PKG_CONFIG} --modversion ${PACKAGE}
    OUTPUT_VARIABLE found OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
if(NOT found STREQUAL VERSION)
    message(FATAL_ERROR "${PACKAGE}.pc says '${found}' instead of '${VERSION}'")
endif()
execute_process(
    COMMAND ${PKG_CONFIG} ${static} --cflags ${PACKAGE}
    OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
execute_process(
    COMMAND ${PKG_CONFIG} ${static} --libs ${PACKAGE}
    OUTPUT_VARIABLE libraries OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
if(DISTRIBUTION AND libraries MATCHES "pqxx|lfmt|-lpq( |$)")
    message(FATAL_ERROR "pkg-config returns libraries that the shared library does not need: ${libraries}")
endif()
separate_arguments(flags UNIX_COMMAND "${flags}")
separate_arguments(libraries UNIX_COMMAND "${libraries}")
execute_process(
    COMMAND $ENV{CMAKE_CXX_COMPILER_LAUNCHER} ${CXX} -std=c++20 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -c
            ${CMAKE_CURRENT_LIST_DIR}/${SOURCE} -o ${BINARY}/build/consumer.o ${hidden} ${flags}
    COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
execute_process(
    COMMAND ${CXX} ${BINARY}/build/consumer.o -o ${BINARY}/build/consumer ${libraries} -Wl,-rpath,${folder}/..
    COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${BINARY}/build/consumer COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
