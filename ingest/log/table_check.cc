#include "ingest/log/table_check.h"

#include <memory>

namespace hookledger {

rocksdb::Status check_tables(rocksdb::DBOptions options, const std::string& path,
                             const std::vector<rocksdb::ColumnFamilyDescriptor>& families,
                             const std::string& empty_folder) {
  options.wal_dir = empty_folder;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* raw = nullptr;
  const auto status = rocksdb::DB::OpenForReadOnly(options, path, families, &handles, &raw);
  const std::unique_ptr<rocksdb::DB> db(raw);
  for (auto* handle : handles) db->DestroyColumnFamilyHandle(handle);
  return status;
}

}  // namespace hookledger
