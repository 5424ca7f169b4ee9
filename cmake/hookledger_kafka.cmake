# Tests on real Kafka brokers: label kafka, of the build without sanitizers alone. They share three brokers, which
# CTest starts and stops around them (tests/support/with_kafka).
set(hookledger_with_kafka ${PROJECT_SOURCE_DIR}/tests/support/with_kafka ${PROJECT_BINARY_DIR}/tests/kafka)

if(NOT HOOKLEDGER_SANITIZE)
  foreach(step start stop)
    add_test(NAME kafka_${step} COMMAND ${hookledger_with_kafka} ${step})
    set_tests_properties(kafka_${step} PROPERTIES LABELS kafka TIMEOUT ${hookledger_test_timeout})
  endforeach()
  set_tests_properties(kafka_start PROPERTIES FIXTURES_SETUP kafka)
  set_tests_properties(kafka_stop PROPERTIES FIXTURES_CLEANUP kafka)
endif()

# Runs COMMAND with the brokers' addresses in HOOKLEDGER_TEST_KAFKA.
function(hookledger_add_kafka_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "COMMAND;LABELS")
  add_test(NAME ${name} COMMAND ${hookledger_with_kafka} ${arg_COMMAND})
  set_tests_properties(${name} PROPERTIES FIXTURES_REQUIRED kafka TIMEOUT ${hookledger_test_timeout} LABELS "kafka;${arg_LABELS}")
endfunction()

# As hookledger_test, on brokers: hookledger_kafka_test(topics_test DEPS hookledger_kafka).
function(hookledger_kafka_test name)
  if(HOOKLEDGER_SANITIZE)
    return()
  endif()
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPS;LABELS")
  hookledger_test_program(${name} SOURCES ${arg_SOURCES} DEPS ${arg_DEPS})
  hookledger_add_kafka_test(${name} COMMAND $<TARGET_FILE:${name}> LABELS ${arg_LABELS})
endfunction()

# As hookledger_system, on brokers: further words are labels.
function(hookledger_kafka_system name)
  if(NOT HOOKLEDGER_SANITIZE)
    hookledger_add_kafka_test(system_${name} LABELS system ${ARGN}
      COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/${name}_check.py $<TARGET_FILE:hookledger>)
  endif()
endfunction()

# A system check that starts brokers of its own, to kill and pause them; one such check at a time.
function(hookledger_kafka_faults name)
  if(NOT HOOKLEDGER_SANITIZE)
    add_test(NAME system_${name} COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/${name}_check.py $<TARGET_FILE:hookledger>)
    set_tests_properties(system_${name} PROPERTIES TIMEOUT ${hookledger_test_timeout} LABELS "kafka;system;${ARGN}" RESOURCE_LOCK kafka_faults)
  endif()
endfunction()
