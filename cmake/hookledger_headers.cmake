# The target check_headers: every header of the product compiles alone. A header that is in no list must be checked too, hence the glob.
file(GLOB_RECURSE headers RELATIVE ${PROJECT_SOURCE_DIR} CONFIGURE_DEPENDS
  ${PROJECT_SOURCE_DIR}/schemas/*.h ${PROJECT_SOURCE_DIR}/ingest/*.h ${PROJECT_SOURCE_DIR}/projector/*.h
  ${PROJECT_SOURCE_DIR}/replay/*.h ${PROJECT_SOURCE_DIR}/tools/*.h)
set(sources)
foreach(header IN LISTS headers)
  set(source ${PROJECT_BINARY_DIR}/headers/${header}.cc)
  file(CONFIGURE OUTPUT ${source} CONTENT "#include \"${header}\"\n#include \"${header}\"\n")
  list(APPEND sources ${source})
endforeach()
add_library(check_headers OBJECT ${sources})
target_compile_options(check_headers PRIVATE -O0 -g0)
target_include_directories(check_headers PRIVATE ${PROJECT_SOURCE_DIR})
target_link_libraries(check_headers PRIVATE
  Boost::headers RocksDB::rocksdb-shared PkgConfig::rdkafka simdjson::simdjson hookledger_flags)
