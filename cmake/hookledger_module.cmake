# One static library per module, included as "<module>/<file>.h" from the repository root.
# DEPS (what its headers need) and PRIVATE_DEPS (what only its sources need) are the whole dependency
# list: they are the architecture.
function(hookledger_module name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPS;PRIVATE_DEPS")
  add_library(hookledger_${name} STATIC ${arg_SOURCES})
  target_include_directories(hookledger_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(hookledger_${name} PUBLIC ${arg_DEPS} PRIVATE ${arg_PRIVATE_DEPS} hookledger_flags)
endfunction()

# A program of tests that nothing runs by itself.
function(hookledger_test_program name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPS")
  if(NOT arg_SOURCES)
    set(arg_SOURCES ${name}.cc)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_DEPS} hookledger_test_support GTest::gmock hookledger_test_flags)
endfunction()

# Ends what hangs, on a machine that is slow, busy and under a sanitizer.
set(hookledger_test_timeout 900)

# One test program per file: hookledger_test(record_test DEPS hookledger_schemas). LABELS slow leaves it out of
# `tools/test --quick`.
function(hookledger_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPS;LABELS")
  hookledger_test_program(${name} SOURCES ${arg_SOURCES} DEPS ${arg_DEPS})
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${hookledger_test_timeout} LABELS "${arg_LABELS}")
  if("threads" IN_LIST arg_LABELS)
    add_dependencies(thread_tests ${name})
  endif()
endfunction()

# Builds the tests labelled threads: all that the thread sanitizer needs.
add_custom_target(thread_tests)
