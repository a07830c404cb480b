# Target `docs`, if Doxygen and Python are found: documentation of the public interface, in
# build/<preset>/docs/html. It fails if a public symbol has no comment or no group, or if a link is broken.
find_package(Doxygen 1.9.2 QUIET)
find_package(Python3 QUIET COMPONENTS Interpreter)
if(DOXYGEN_FOUND AND Python3_FOUND)
    set(ROOMSTORE_DOCS_DIR ${PROJECT_BINARY_DIR}/docs)
    configure_file(cmake/Doxyfile.in ${ROOMSTORE_DOCS_DIR}/Doxyfile @ONLY)
    set(build_docs ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/build_docs.py)
    add_custom_target(
        docs
        COMMAND ${build_docs} ${DOXYGEN_EXECUTABLE} ${ROOMSTORE_DOCS_DIR}
        COMMENT "Documentation: ${ROOMSTORE_DOCS_DIR}/html/index.html"
        VERBATIM)
    if(ROOMSTORE_BUILD_TESTS)
        add_test(NAME style.docs COMMAND ${build_docs} ${DOXYGEN_EXECUTABLE} ${ROOMSTORE_DOCS_DIR})
        add_test(NAME style.docs_self_test COMMAND ${build_docs} --self-test)
        set_tests_properties(style.docs style.docs_self_test PROPERTIES LABELS style TIMEOUT 60)
    endif()
elseif(ROOMSTORE_BUILD_TESTS)
    roomstore_add_lacking_test(NAME style.docs LABELS style LACKS "Doxygen 1.9.2 or newer" COMPONENT docs)
endif()
