# roomstore_embed_sql(<target> HEADER <h> VARIABLE <qualified name> FILES <NNNN_name.sql>...)
#
# Compiles SQL files into <target>. <h> (written by hand) declares
#     extern const std::span<const EmbeddedSql> <variable>;
# in the namespace of <variable>; the generated source defines it, in the order of FILES. Each text
# becomes an array of characters, since string literals have length limits and delimiters.
#
# The build also runs this file as a script: cmake -D... -P EmbedSql.cmake
if(CMAKE_SCRIPT_MODE_FILE)
    set(texts "")
    set(table "")
    foreach(file IN LISTS FILES)
        get_filename_component(stem ${file} NAME_WE)
        if(NOT stem MATCHES "^([0-9][0-9][0-9][0-9])_([a-z0-9_]+)$")
            message(FATAL_ERROR "roomstore: ${file} is not named NNNN_name.sql")
        endif()
        # A leading zero would make it an octal literal.
        math(EXPR number "1${CMAKE_MATCH_1} - 10000")
        file(READ ${file} bytes HEX)
        if(bytes STREQUAL "")
            message(FATAL_ERROR "roomstore: ${file} is empty")
        endif()
        string(REGEX REPLACE "(................................)" "\\1\n    " bytes "${bytes}")
        string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
        string(APPEND texts "constexpr char text_${stem}[] = {\n    ${bytes}\n};\n")
        string(APPEND table "    {${number}, \"${stem}\", {text_${stem}, sizeof text_${stem}}},\n")
    endforeach()
    string(REGEX REPLACE "::([^:]+)$" "" namespace "${VARIABLE}")
    set(name ${CMAKE_MATCH_1})
    file(
        WRITE ${OUTPUT}
        "// Generated from the .sql files; edit those.\n#include \"${HEADER}\"\n\n"
        "namespace ${namespace} {\n\nnamespace {\n\n${texts}\n"
        "constexpr EmbeddedSql table[] = {\n${table}};\n\n}  // namespace\n\n"
        "const std::span<const EmbeddedSql> ${name}{table};\n\n}  // namespace ${namespace}\n")
    return()
endif()

set(ROOMSTORE_EMBED_SQL_SCRIPT ${CMAKE_CURRENT_LIST_FILE})

function(roomstore_embed_sql target)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "HEADER;VARIABLE" "FILES")
    list(TRANSFORM arg_FILES PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
    string(REGEX REPLACE ".*::" "" name ${arg_VARIABLE})
    set(output ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp)
    add_custom_command(
        OUTPUT ${output}
        COMMAND ${CMAKE_COMMAND} -DOUTPUT=${output} -DHEADER=${arg_HEADER} -DVARIABLE=${arg_VARIABLE}
                "-DFILES=${arg_FILES}" -P ${ROOMSTORE_EMBED_SQL_SCRIPT}
        DEPENDS ${arg_FILES} ${ROOMSTORE_EMBED_SQL_SCRIPT}
        COMMENT "Embedding SQL into ${target}"
        VERBATIM)
    target_sources(${target} PRIVATE ${output})
endfunction()
