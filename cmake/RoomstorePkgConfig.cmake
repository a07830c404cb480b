# roomstore.pc and roomstore-postgres.pc, for those who do not build with CMake. A consumer says -std=c++20 (or
# newer) itself.
file(RELATIVE_PATH ROOMSTORE_PC_PREFIX /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)

# Standalone asio has no package of its own everywhere. Its folder is named unless compilers look there anyway.
set(ROOMSTORE_PC_ASIO " -DASIO_STANDALONE")
if(Asio_INCLUDE_DIR AND NOT Asio_INCLUDE_DIR IN_LIST CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES)
    string(PREPEND ROOMSTORE_PC_ASIO " -I${Asio_INCLUDE_DIR}")
endif()
if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
    string(APPEND ROOMSTORE_PC_ASIO " -DASIO_HAS_STD_ALIGNED_ALLOC=1") # as the CMake target
endif()
if(Asio_VERSION VERSION_LESS 1.24)
    # As in FindAsio.cmake; other compilers than clang define the same themselves.
    string(APPEND ROOMSTORE_PC_ASIO " -DASIO_HAS_CO_AWAIT=1 -DASIO_HAS_STD_COROUTINE=1")
endif()

# -lroomstore_postgres takes the shared library where both are installed, which needs nothing: libpqxx is inside,
# or found by itself. What the static one passes on is then said for `--static` only, and by names of libraries:
# pkg-config refuses a package whose Requires.private are not there, also to those who do not link them.
set(ROOMSTORE_PC_REQUIRES "")
set(ROOMSTORE_PC_LIBS_PRIVATE "")
if(TARGET roomstore_postgres_shared)
    set(ROOMSTORE_PC_LIBS_PRIVATE " -lpqxx -lpq -lfmt")
    cmake_path(GET Libpqxx_LIBRARY PARENT_PATH pqxx_folder)
    if(pqxx_folder AND NOT pqxx_folder IN_LIST CMAKE_CXX_IMPLICIT_LINK_DIRECTORIES
       AND NOT pqxx_folder STREQUAL "/usr/local/lib") # where linkers look anyway
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
