# Builds the Debian package and installs it for the consumers:
#
#   cmake -DCPACK=<program> -DCONFIG=<CPackConfig.cmake> -DDPKG=<program> -DDPKG_DEB=<program> -DBINARY=<scratch>
#         -DVERSION=<its version> -P debian.cmake
#
# Installs with dpkg, but into BINARY/root, so that the machine is not changed: /usr becomes BINARY/root/usr.
file(REMOVE_RECURSE ${BINARY})
execute_process(
    COMMAND ${CPACK} -G DEB --config ${CONFIG} -B ${BINARY} COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
file(GLOB package ${BINARY}/libroomstore-dev_${VERSION}_*.deb)
execute_process(
    COMMAND ${DPKG_DEB} --field ${package} Depends OUTPUT_VARIABLE depends COMMAND_ERROR_IS_FATAL ANY)
foreach(needed libasio-dev nlohmann-json3-dev libpq5)
    if(NOT depends MATCHES "${needed} \\(>= ")
        message(FATAL_ERROR "does not depend on ${needed}: ${depends}")
    endif()
endforeach()
# The compiled core is compatible with one version of the libraries in its interface only.
foreach(bounded libasio-dev nlohmann-json3-dev)
    if(NOT depends MATCHES "${bounded} \\(<< ")
        message(FATAL_ERROR "accepts any later ${bounded}: ${depends}")
    endif()
endforeach()
if(depends MATCHES "pqxx")
    message(FATAL_ERROR "depends on a libpqxx, which Debian 12 does not have: ${depends}")
endif()

# An empty root: the dependencies of the package are those of the machine.
set(root ${BINARY}/root)
file(MAKE_DIRECTORY ${root}/var/lib/dpkg/updates ${root}/var/lib/dpkg/info ${root}/var/lib/dpkg/triggers)
file(TOUCH ${root}/var/lib/dpkg/status)
execute_process(
    COMMAND ${DPKG} --root=${root} --force-not-root --force-depends --force-script-chrootless --install ${package}
    COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
execute_process(
    COMMAND ${DPKG} --root=${root} --status libroomstore-dev OUTPUT_VARIABLE status COMMAND_ERROR_IS_FATAL ANY)
if(NOT status MATCHES "Status: install ok installed")
    message(FATAL_ERROR "dpkg did not install it: ${status}")
endif()
foreach(file share/doc/libroomstore-dev/copyright
             share/doc/roomstore/LICENSE
             share/doc/roomstore/README.md
             share/doc/roomstore/schema.sql
             share/doc/roomstore/examples/01_hello.cpp
             share/doc/roomstore/examples/chat_server/main.cpp
             include/roomstore/version.hpp)
    if(NOT EXISTS ${root}/usr/${file})
        message(FATAL_ERROR "${package} does not contain ${file}")
    endif()
endforeach()
file(READ ${root}/usr/share/doc/roomstore/schema.sql schema)
foreach(needed "CREATE TABLE \"roomstore\".rooms" "VALUES (4, ")
    string(FIND "${schema}" "${needed}" position)
    if(position EQUAL -1)
        message(FATAL_ERROR "schema.sql does not contain ${needed}")
    endif()
endforeach()
