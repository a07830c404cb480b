"""A Conan 2 recipe:

    conan create cmake/packaging/conan --build=missing -o '&:postgres=True'
"""

import os
import re

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load

ROOT = os.path.join("..", "..", "..")


class Roomstore(ConanFile):
    name = "roomstore"
    license = "MIT"
    description = "Rooms, events and everything around them, stored in memory or in PostgreSQL"
    topics = ("chat", "storage", "postgresql", "coroutines")
    package_type = "library"
    settings = "os", "compiler", "build_type", "arch"
    options = {"postgres": [True, False], "shared": [True, False], "fPIC": [True, False]}
    default_options = {"postgres": False, "shared": False, "fPIC": True}
    implements = ["auto_shared_fpic"]

    def set_version(self):
        header = load(self, os.path.join(self.recipe_folder, ROOT, "include/roomstore/version.hpp"))
        self.version = re.search(r'ROOMSTORE_VERSION_STRING "([^"]+)"', header).group(1)

    def export_sources(self):
        source = os.path.join(self.recipe_folder, ROOT)
        for pattern in ("CMakeLists.txt", "LICENSE", "cmake/*", "include/*", "src/*"):
            copy(self, pattern, source, self.export_sources_folder, excludes="cmake/packaging/*")

    def requirements(self):
        self.requires("asio/[>=1.22.1 <2]", transitive_headers=True)
        self.requires("nlohmann_json/[>=3.11 <4]", transitive_headers=True)
        if self.options.postgres:
            self.requires("fmt/[>=9 <13]")
            self.requires("libpqxx/[>=7.10 <8]")

    def validate(self):
        check_min_cppstd(self, 20)
        if self.settings.os != "Linux":
            raise ConanInvalidConfiguration("roomstore runs on Linux only, so far")

    def layout(self):
        cmake_layout(self)

    def generate(self):
        dependencies = CMakeDeps(self)
        # The names that roomstore's own Find modules use.
        dependencies.set_property("asio", "cmake_file_name", "Asio")
        dependencies.set_property("asio", "cmake_target_name", "asio::asio")
        if self.options.postgres:
            dependencies.set_property("libpqxx", "cmake_file_name", "Libpqxx")
            dependencies.set_property("libpqxx", "cmake_target_name", "Libpqxx::pqxx")
        dependencies.generate()
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables.update({
            "ROOMSTORE_BUILD_TESTS": False,
            "ROOMSTORE_BUILD_EXAMPLES": False,
            "ROOMSTORE_INSTALL": True,
            "ROOMSTORE_POSTGRES_SHARED": False,
            # Dependencies that this recipe does not name must not be picked up from the system.
            "ROOMSTORE_WITH_PROMETHEUS": "OFF",
            "ROOMSTORE_WITH_POSTGRES": "ON" if self.options.postgres else "OFF",
            # Prefers the files that CMakeDeps writes to the Find modules of this tree.
            "CMAKE_FIND_PACKAGE_PREFER_CONFIG": True,
        })
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        CMake(self).install()

    def package_info(self):
        # CMake users find the configuration that roomstore installs.
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.builddirs = [os.path.join("lib", "cmake", "roomstore")]
        core = self.cpp_info.components["core"]
        core.set_property("pkg_config_name", "roomstore")
        core.requires = ["asio::asio", "nlohmann_json::nlohmann_json"]
        core.libs = ["roomstore"]
        core.defines = ["ASIO_HAS_STD_ALIGNED_ALLOC=1"]
        core.system_libs = ["pthread"]
        if self.options.postgres:
            postgres = self.cpp_info.components["postgres"]
            postgres.set_property("pkg_config_name", "roomstore-postgres")
            postgres.libs = ["roomstore_postgres"]
            postgres.requires = ["core", "fmt::fmt", "libpqxx::libpqxx"]
