# Compiler flags live on one INTERFACE target that no user of a library inherits.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

set(HOOKLEDGER_SANITIZE "" CACHE STRING "Sanitizers, comma separated: address,undefined or thread")
option(HOOKLEDGER_LIBFUZZER "Link the fuzz targets with libFuzzer (Clang)" OFF)

add_library(hookledger_flags INTERFACE)
set(warnings -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor -Werror)
target_compile_options(hookledger_flags INTERFACE ${warnings} -fno-omit-frame-pointer)
if(HOOKLEDGER_SANITIZE)
  # GCC's flow warnings misfire on instrumented code: there they are warnings, everywhere else errors.
  target_compile_options(hookledger_flags INTERFACE
    -fsanitize=${HOOKLEDGER_SANITIZE} -fno-sanitize-recover=all -Wno-error)
  add_link_options(-fsanitize=${HOOKLEDGER_SANITIZE})
endif()
# Of test programs. Undefined behaviour is looked for in the product: in the tests' own templates that, and optimisation,
# take most of the time of a build (27 s instead of 11 for a file). Not -O0: simdjson's types have other members there.
add_library(hookledger_test_flags INTERFACE)
if(HOOKLEDGER_SANITIZE STREQUAL "address,undefined" AND NOT HOOKLEDGER_LIBFUZZER)
  target_compile_options(hookledger_test_flags INTERFACE ${warnings} -Og -fsanitize=address)
else()
  target_link_libraries(hookledger_test_flags INTERFACE hookledger_flags)
endif()
if(HOOKLEDGER_LIBFUZZER)
  # RapidJSON's stack adds to a null pointer while it is empty.
  target_compile_options(hookledger_flags INTERFACE -fsanitize=fuzzer-no-link -fno-sanitize=pointer-overflow)
endif()

# The allocator of a program. jemalloc, as RocksDB's authors use it: a rebuild takes a sixth less CPU than with glibc's.
# Sanitizers bring their own.
add_library(hookledger_allocator INTERFACE)
if(NOT HOOKLEDGER_SANITIZE)
  target_link_libraries(hookledger_allocator INTERFACE PkgConfig::jemalloc)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()
