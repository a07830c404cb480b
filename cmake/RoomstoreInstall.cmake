# Two components, so that a machine without libpqxx can use what it has: find_package(roomstore)
# gives roomstore::roomstore, COMPONENTS postgres adds roomstore::postgres.
include(CMakePackageConfigHelpers)

set(ROOMSTORE_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/roomstore)

install(
    TARGETS roomstore
    EXPORT roomstore-core
    FILE_SET HEADERS
    FILE_SET optional_headers)
install(
    EXPORT roomstore-core
    FILE roomstore-core-targets.cmake
    NAMESPACE roomstore::
    DESTINATION ${ROOMSTORE_CMAKE_DIR})

if(ROOMSTORE_POSTGRES_ENABLED)
    install(
        TARGETS roomstore_postgres
        EXPORT roomstore-postgres
        FILE_SET HEADERS)
    install(
        EXPORT roomstore-postgres
        FILE roomstore-postgres-targets.cmake
        NAMESPACE roomstore::
        DESTINATION ${ROOMSTORE_CMAKE_DIR})
    install(FILES cmake/FindLibpqxx.cmake DESTINATION ${ROOMSTORE_CMAKE_DIR})
endif()

configure_package_config_file(
    cmake/roomstore-config.cmake.in ${PROJECT_BINARY_DIR}/roomstore-config.cmake
    INSTALL_DESTINATION ${ROOMSTORE_CMAKE_DIR}
    NO_SET_AND_CHECK_MACRO)
# Before 1.0 a minor release may change the interface.
write_basic_package_version_file(
    ${PROJECT_BINARY_DIR}/roomstore-config-version.cmake COMPATIBILITY SameMinorVersion)
install(
    FILES ${PROJECT_BINARY_DIR}/roomstore-config.cmake
          ${PROJECT_BINARY_DIR}/roomstore-config-version.cmake
          cmake/FindAsio.cmake
    DESTINATION ${ROOMSTORE_CMAKE_DIR})
