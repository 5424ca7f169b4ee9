#pragma once

#include <rocksdb/db.h>
#include <string>
#include <vector>

namespace hookledger {

/// Can all tables of the database at `path` be read? To be asked before it is opened as a secondary, which goes back,
/// and says nothing, to a state before whatever table is damaged or gone. Changes nothing; `empty_folder` stands in
/// for the write-ahead log, which a secondary does check. Internal to ingest/log.
rocksdb::Status check_tables(rocksdb::DBOptions options, const std::string& path,
                             const std::vector<rocksdb::ColumnFamilyDescriptor>& families,
                             const std::string& empty_folder);

}  // namespace hookledger
