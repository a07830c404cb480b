# Components, so that a machine without libpqxx or Catch2 can use the others: find_package(roomstore) defines
# roomstore::roomstore and roomstore::header_only; COMPONENTS postgres, postgres_shared, prometheus and
# contract_tests add the targets of these names. To package them separately, use
# `cmake --install --component roomstore_<name>`; all need roomstore_core. No installed file contains the
# prefix, so the installation can be moved.
include(CMakePackageConfigHelpers)

set(ROOMSTORE_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/roomstore)

set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME roomstore_core)
install(
    TARGETS roomstore roomstore_header_only
    EXPORT roomstore-core
    FILE_SET HEADERS
    FILE_SET definitions
    FILE_SET optional_headers)
install(
    EXPORT roomstore-core
    FILE roomstore-core-targets.cmake
    NAMESPACE roomstore::
    DESTINATION ${ROOMSTORE_CMAKE_DIR})

# roomstore_install_library(<component> <target>): installs a library with its headers and CMake targets.
function(roomstore_install_library component target)
    set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME roomstore_${component})
    install(
        TARGETS ${target}
        EXPORT roomstore-${component}
        FILE_SET HEADERS)
    install(
        EXPORT roomstore-${component}
        FILE roomstore-${component}-targets.cmake
        NAMESPACE roomstore::
        DESTINATION ${ROOMSTORE_CMAKE_DIR})
endfunction()

if(ROOMSTORE_PROMETHEUS_ENABLED)
    roomstore_install_library(prometheus roomstore_prometheus)
endif()

set(ROOMSTORE_POSTGRES_IS_STATIC FALSE)
if(ROOMSTORE_POSTGRES_ENABLED)
    roomstore_install_library(postgres roomstore_postgres)
    if(TARGET roomstore_postgres_shared)
        roomstore_install_library(postgres_shared roomstore_postgres_shared)
    endif()
    get_target_property(type roomstore_postgres TYPE)
    if(type STREQUAL "STATIC_LIBRARY")
        set(ROOMSTORE_POSTGRES_IS_STATIC TRUE)
        install(FILES cmake/FindLibpqxx.cmake DESTINATION ${ROOMSTORE_CMAKE_DIR} COMPONENT roomstore_postgres)
    endif()
endif()

if(ROOMSTORE_BUILD_TESTS AND ROOMSTORE_INSTALL_CONTRACT_TESTS)
    set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME roomstore_contract_tests)
    set_target_properties(roomstore_contract_archive PROPERTIES EXCLUDE_FROM_ALL OFF)
    # A separate directory: harnesses include <contract/harness.hpp>, which no other code should find.
    install(
        TARGETS roomstore_contract_tests roomstore_contract_archive
        EXPORT roomstore-contract_tests
        FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/roomstore/contract_tests)
    install(
        EXPORT roomstore-contract_tests
        FILE roomstore-contract_tests-targets.cmake
        NAMESPACE roomstore::
        DESTINATION ${ROOMSTORE_CMAKE_DIR})
    get_directory_property(
        ROOMSTORE_CATCH2_VERSION DIRECTORY ${PROJECT_SOURCE_DIR}/tests DEFINITION Catch2_VERSION)
endif()

set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME roomstore_core)
configure_package_config_file(
    cmake/roomstore-config.cmake.in ${PROJECT_BINARY_DIR}/roomstore-config.cmake
    INSTALL_DESTINATION ${ROOMSTORE_CMAKE_DIR}
    NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
# Before 1.0 a minor release may change the interface.
write_basic_package_version_file(
    ${PROJECT_BINARY_DIR}/roomstore-config-version.cmake COMPATIBILITY SameMinorVersion)
install(
    FILES ${PROJECT_BINARY_DIR}/roomstore-config.cmake
          ${PROJECT_BINARY_DIR}/roomstore-config-version.cmake
          cmake/FindAsio.cmake
    DESTINATION ${ROOMSTORE_CMAKE_DIR})
install(FILES LICENSE README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(
    DIRECTORY examples
    DESTINATION ${CMAKE_INSTALL_DOCDIR}
    FILES_MATCHING
    PATTERN *.cpp
    PATTERN *.hpp
    PATTERN test EXCLUDE)
if(TARGET roomstore_schema_sql)
    install(FILES ${PROJECT_BINARY_DIR}/schema.sql DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT roomstore_postgres)
endif()

include(RoomstorePkgConfig)
if(PROJECT_IS_TOP_LEVEL)
    include(RoomstorePackage)
endif()

# CMake installs nothing, without a word, for a component that does not exist.
if(PROJECT_IS_TOP_LEVEL)
    get_cmake_property(components COMPONENTS)
    list(REMOVE_ITEM components Unspecified)
    list(REMOVE_DUPLICATES components)
    list(SORT components)
    string(REPLACE ";" ", " components "${components}")
    string(CONCAT check
        "if(CMAKE_INSTALL_COMPONENT AND NOT \", ${components}, \" MATCHES \", \${CMAKE_INSTALL_COMPONENT}, \")\n"
        "    message(FATAL_ERROR \"roomstore: there is no component \${CMAKE_INSTALL_COMPONENT}, only ${components}\")\n"
        "endif()")
    install(CODE "${check}" ALL_COMPONENTS)
endif()
