# roomstore.pc and roomstore-postgres.pc, for those who do not build with CMake. A consumer says -std=c++20 (or
# newer) itself.
file(RELATIVE_PATH ROOMSTORE_PC_PREFIX /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)

# Standalone asio has no package of its own everywhere. Its folder is named unless compilers look there anyway.
set(ROOMSTORE_PC_ASIO " -DASIO_STANDALONE")
if(Asio_INCLUDE_DIR AND NOT Asio_INCLUDE_DIR IN_LIST CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES)
    string(PREPEND ROOMSTORE_PC_ASIO " -I${Asio_INCLUDE_DIR}")
endif()
if(Asio_VERSION VERSION_LESS 1.24)
    # As in FindAsio.cmake; other compilers than clang define the same themselves.
    string(APPEND ROOMSTORE_PC_ASIO " -DASIO_HAS_CO_AWAIT=1 -DASIO_HAS_STD_COROUTINE=1")
endif()

# What a static library passes on. -lroomstore_postgres takes the shared one where both are installed; what is
# named here is then linked as well, and not needed.
set(ROOMSTORE_PC_REQUIRES "")
if(ROOMSTORE_POSTGRES_IS_STATIC)
    set(ROOMSTORE_PC_REQUIRES ", libpqxx >= 7.10, libpq, fmt >= ${ROOMSTORE_FMT_VERSION}")
endif()

configure_file(cmake/roomstore.pc.in ${PROJECT_BINARY_DIR}/roomstore.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/roomstore.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
        COMPONENT roomstore_core)
if(ROOMSTORE_POSTGRES_ENABLED)
    configure_file(cmake/roomstore-postgres.pc.in ${PROJECT_BINARY_DIR}/roomstore-postgres.pc @ONLY)
    install(FILES ${PROJECT_BINARY_DIR}/roomstore-postgres.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
            COMPONENT roomstore_postgres)
endif()
