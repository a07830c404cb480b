# Stands for a test that this machine cannot run: cmake -DLACKS=<what> -DCOMPONENT=<name> -P lacking.cmake
set(remedy "cmake/install_dependencies.sh ${COMPONENT} installs it; then configure again")
if(DEFINED ENV{CI})
    message(FATAL_ERROR "not found: ${LACKS}. ${remedy}")
endif()
message("skipped: ${LACKS} was not found. ${remedy}")
