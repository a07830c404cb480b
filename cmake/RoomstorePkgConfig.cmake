# roomstore.pc and roomstore-postgres.pc, for consumers that do not use CMake. They have to set -std=c++20 (or
# newer) themselves.
file(RELATIVE_PATH ROOMSTORE_PC_PREFIX /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)

# Standalone asio does not have a pkg-config package everywhere. Its include directory is added unless the
# compiler searches it by default.
set(ROOMSTORE_PC_ASIO " -DASIO_STANDALONE")
if(Asio_INCLUDE_DIR AND NOT Asio_INCLUDE_DIR IN_LIST CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES)
    string(PREPEND ROOMSTORE_PC_ASIO " -I${Asio_INCLUDE_DIR}")
endif()
if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
    string(APPEND ROOMSTORE_PC_ASIO " -DASIO_HAS_STD_ALIGNED_ALLOC=1") # as for the CMake target
endif()
if(Asio_VERSION VERSION_LESS 1.24)
    # As in FindAsio.cmake; with compilers other than clang, asio defines the same itself.
    string(APPEND ROOMSTORE_PC_ASIO " -DASIO_HAS_CO_AWAIT=1 -DASIO_HAS_STD_COROUTINE=1")
endif()

# If both libraries are installed, -lroomstore_postgres links the shared one, which needs no others: it
# contains libpqxx, or finds it by itself. The dependencies of the static one are then listed for `--static`
# only, and as libraries: pkg-config rejects a package whose Requires.private are missing, even if they are
# not linked.
set(ROOMSTORE_PC_REQUIRES "")
set(ROOMSTORE_PC_LIBS_PRIVATE "")
if(TARGET roomstore_postgres_shared)
    set(ROOMSTORE_PC_LIBS_PRIVATE " -lpqxx -lpq -lfmt")
    cmake_path(GET Libpqxx_LIBRARY PARENT_PATH pqxx_folder)
    if(pqxx_folder AND NOT pqxx_folder IN_LIST CMAKE_CXX_IMPLICIT_LINK_DIRECTORIES
       AND NOT pqxx_folder STREQUAL "/usr/local/lib") # searched by default
        string(PREPEND ROOMSTORE_PC_LIBS_PRIVATE " -L${pqxx_folder}")
    endif()
elseif(ROOMSTORE_POSTGRES_IS_STATIC)
    string(REPLACE "..." ", libpqxx " pqxx_range ${ROOMSTORE_PQXX_VERSION})
    string(REPLACE "<" "< " pqxx_range ${pqxx_range})
    set(ROOMSTORE_PC_REQUIRES ", libpqxx >= ${pqxx_range}, libpq, fmt >= ${ROOMSTORE_FMT_VERSION}")
endif()

configure_file(cmake/roomstore.pc.in ${PROJECT_BINARY_DIR}/roomstore.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/roomstore.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
        COMPONENT roomstore_core)
if(ROOMSTORE_POSTGRES_ENABLED)
    configure_file(cmake/roomstore-postgres.pc.in ${PROJECT_BINARY_DIR}/roomstore-postgres.pc @ONLY)
    install(FILES ${PROJECT_BINARY_DIR}/roomstore-postgres.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
            COMPONENT roomstore_postgres)
endif()
