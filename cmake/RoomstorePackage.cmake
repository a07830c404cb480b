# `cpack --config build/<preset>/CPackConfig.cmake` makes the Debian package libroomstore-dev: everything but
# the contract tests, which fit one compiler and one Catch2 only. Its shared library contains libpqxx if that
# is static, as it has to be on Debian 12. There is no separate runtime package: a program that links the
# shared library needs this one. Configured with CMAKE_INSTALL_PREFIX=/usr, libraries are installed in
# Debian's directory for the architecture.
set(CPACK_PACKAGE_NAME libroomstore-dev)
set(CPACK_PACKAGE_VENDOR roomstore)
# DEBFULLNAME and DEBEMAIL name the maintainer of the package, as for Debian's own tools.
set(CPACK_PACKAGE_CONTACT "roomstore, packaged locally <root@localhost>")
if(DEFINED ENV{DEBEMAIL})
    set(CPACK_PACKAGE_CONTACT "$ENV{DEBFULLNAME} <$ENV{DEBEMAIL}>")
    string(STRIP "${CPACK_PACKAGE_CONTACT}" CPACK_PACKAGE_CONTACT)
endif()
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY ${PROJECT_DESCRIPTION})
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)

install(
    FILES LICENSE
    DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/doc/libroomstore-dev
    RENAME copyright
    COMPONENT roomstore_debian EXCLUDE_FROM_ALL)
set(CPACK_COMPONENTS_ALL roomstore_core roomstore_debian)
# roomstore_only(<package> <epoch> <version> <variable>): a dependency on the releases of one version of a
# library. The compiled roomstore::roomstore has coroutines and JSON values in its interface, and is
# incompatible with other versions.
function(roomstore_only package epoch version variable)
    string(REGEX MATCH "^(.*[^0-9])([0-9]+)$" matched ${version})
    math(EXPR next "${CMAKE_MATCH_2} + 1")
    set(${variable} "${package} (>= ${epoch}${version}), ${package} (<< ${epoch}${CMAKE_MATCH_1}${next}~)" PARENT_SCOPE)
endfunction()
roomstore_only(libasio-dev 1: ${Asio_VERSION} asio_package)
roomstore_only(nlohmann-json3-dev "" ${nlohmann_json_VERSION} json_package)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "${asio_package}, ${json_package}")
# Adds the dependencies of the shared library.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
if(ROOMSTORE_POSTGRES_ENABLED)
    list(APPEND CPACK_COMPONENTS_ALL roomstore_postgres)
    # Not a dependency: Debian 12 has no libpqxx that is new enough, and the shared library needs none.
    string(REGEX REPLACE "\\.\\.\\..*" "" pqxx_minimum ${ROOMSTORE_PQXX_VERSION})
    set(CPACK_DEBIAN_PACKAGE_SUGGESTS
        "libpqxx-dev (>= ${pqxx_minimum}), libfmt-dev (>= ${ROOMSTORE_FMT_VERSION}), libpq-dev")
    if(TARGET roomstore_postgres_shared)
        list(APPEND CPACK_COMPONENTS_ALL roomstore_postgres_shared)
    endif()
endif()
if(ROOMSTORE_PROMETHEUS_ENABLED)
    list(APPEND CPACK_COMPONENTS_ALL roomstore_prometheus)
    string(APPEND CPACK_DEBIAN_PACKAGE_SUGGESTS ", prometheus-cpp-dev")
    string(REGEX REPLACE "^, " "" CPACK_DEBIAN_PACKAGE_SUGGESTS "${CPACK_DEBIAN_PACKAGE_SUGGESTS}")
endif()
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_DEBIAN_PACKAGE_NAME libroomstore-dev)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION libdevel)
set(CPACK_GENERATOR DEB)
include(CPack)
