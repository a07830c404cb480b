# Target `docs`, where Doxygen is found: pages about everything public, in build/<preset>/docs/html. A public
# symbol without a comment fails it.
find_package(Doxygen 1.9.2 QUIET)
if(DOXYGEN_FOUND)
    set(ROOMSTORE_DOCS_DIR ${PROJECT_BINARY_DIR}/docs)
    configure_file(cmake/Doxyfile.in ${ROOMSTORE_DOCS_DIR}/Doxyfile @ONLY)
    add_custom_target(
        docs
        COMMAND ${DOXYGEN_EXECUTABLE} ${ROOMSTORE_DOCS_DIR}/Doxyfile
        COMMENT "Documentation: ${ROOMSTORE_DOCS_DIR}/html/index.html"
        VERBATIM)
    if(ROOMSTORE_BUILD_TESTS)
        add_test(NAME style.docs COMMAND ${DOXYGEN_EXECUTABLE} ${ROOMSTORE_DOCS_DIR}/Doxyfile)
        set_tests_properties(style.docs PROPERTIES LABELS style TIMEOUT 60)
    endif()
endif()
