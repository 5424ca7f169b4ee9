#include <iostream>

#include "replay/verify_log.h"
#include "schemas/json.h"
#include "schemas/text.h"
#include "tools/command.h"
#include "tools/data_access.h"
#include "tools/kafka_settings.h"
#include "tools/progress.h"
#include "tools/source_settings.h"

namespace hookledger {
namespace {

void print(const LogRemark& remark) {
  std::cout << remark.place.partition << '/' << remark.place.offset << "  " << remark.code << "  "
            << printable(remark.detail) << '\n';
}

void print_summary(const LogVerification& found) {
  std::cout << found.records << " records: " << found.valid << " signatures valid, " << found.invalid << " invalid, "
            << found.absent << " absent, " << found.unknown_key << " by an unknown key\n";
  if (found.absent_offsets > 0) std::cout << found.absent_offsets << " offsets were removed by retention\n";
  for (const auto& [key, count] : found.unconfigured_keys) {
    std::cout << "key " << printable(key) << " signed " << count << " records and is no longer configured\n";
  }
  std::cout << (found.mismatches == 0 ? "all is well\n" : "MISMATCHES: " + std::to_string(found.mismatches) + "\n");
}

void print_json(const LogVerification& found) {
  JsonWriter json;
  json.begin_object();
  const auto count = [&](std::string_view name, std::uint64_t value) {
    json.key(name);
    json.number(value);
  };
  count("records", found.records);
  count("absent_offsets", found.absent_offsets);
  json.key("signatures");
  json.begin_object();
  count("valid", found.valid);
  count("invalid", found.invalid);
  count("absent", found.absent);
  count("unknown_key", found.unknown_key);
  json.end_object();
  json.key("unconfigured_keys");
  json.begin_object();
  for (const auto& [key, records] : found.unconfigured_keys) count(key, records);
  json.end_object();
  count("mismatches", found.mismatches);
  json.key("first_mismatches");
  json.begin_array();
  for (const LogRemark& remark : found.first_mismatches) {
    json.begin_object();
    count("partition", remark.place.partition);
    count("offset", remark.place.offset);
    json.member("code", remark.code);
    json.member("detail", remark.detail);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  std::cout << json.view() << '\n';
}

Result<int> run(const Settings& settings, const CommandContext& context) {
  if (auto checked = expect_positional(settings, 0, ""); !checked) return checked.error();
  if (auto checked = refuse_url(settings); !checked) return checked.error();
  const auto sources = configured_sources(settings);
  if (!sources) return sources.error();
  const auto log = open_log(settings);
  if (!log) return log.error();
  const bool as_json = settings.flag("json");
  std::function<void(const LogRemark&)> remark;
  if (settings.flag("explain") && !as_json) remark = print;
  LogVerification found;
  {
    Progress progress("verifying", "records", settings.flag("quiet"), context.clock);
    found = verify_log(**log, (*sources)->all().empty() ? nullptr : sources->get(), remark,
                       [&](const FoldProgress& fold) { progress.update(fold.done, fold.total); });
  }
  if (as_json) {
    print_json(found);
  } else {
    if (!remark) {
      for (const LogRemark& mismatch : found.first_mismatches) print(mismatch);
    }
    print_summary(found);
  }
  return found.mismatches == 0 ? kExitDone : kExitFindings;
}

}  // namespace

Command verify_command() {
  std::vector<OptionSpec> options = {{"explain", "", "say of every record that is not plainly valid why"}};
  for (const auto& more : {source_options(), kafka_options()}) options.insert(options.end(), more.begin(), more.end());
  return {"verify",
          "",
          "Every record's signature, order and checksum, again",
          "Reads the log alone: stored bytes, stored signatures, and the keys kept in the data dir. With configured\n"
          "sources it also says which keys are no longer in use. Exits 3 on a mismatch.\n\n"
          "  hookledger verify\n"
          "  hookledger verify --explain\n"
          "  hookledger verify --kafka-brokers BROKERS\n",
          options,
          run};
}

}  // namespace hookledger
