# A vcpkg overlay port: vcpkg install roomstore[postgres] --overlay-ports=cmake/packaging/vcpkg
# A manifest has no upper bounds: if vcpkg has libpqxx 8, configuring fails with a message, and `overrides` can
# pin version 7. ROOMSTORE_SOURCE_PATH in the environment names a source folder to use instead of this tree.
if(DEFINED ENV{ROOMSTORE_SOURCE_PATH})
    set(SOURCE_PATH $ENV{ROOMSTORE_SOURCE_PATH})
else()
    cmake_path(ABSOLUTE_PATH CMAKE_CURRENT_LIST_DIR BASE_DIRECTORY / NORMALIZE OUTPUT_VARIABLE port)
    cmake_path(SET SOURCE_PATH NORMALIZE "${port}/../../..")
endif()

vcpkg_check_features(OUT_FEATURE_OPTIONS features FEATURES postgres ROOMSTORE_WITH_POSTGRES)

vcpkg_cmake_configure(
    SOURCE_PATH "${SOURCE_PATH}"
    OPTIONS
        ${features}
        -DROOMSTORE_BUILD_TESTS=OFF
        -DROOMSTORE_BUILD_EXAMPLES=OFF
        -DROOMSTORE_INSTALL=ON
        # Dependencies that this port does not name must not be picked up from the system.
        -DROOMSTORE_WITH_PROMETHEUS=OFF
        # A triplet has one kind of library.
        -DROOMSTORE_POSTGRES_SHARED=OFF)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH lib/cmake/roomstore)
vcpkg_fixup_pkgconfig()

file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug/include" "${CURRENT_PACKAGES_DIR}/debug/share")
file(INSTALL "${CMAKE_CURRENT_LIST_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
