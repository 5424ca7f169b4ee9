#include "tools/data_access.h"

#include <filesystem>
#include <iostream>

#include "ingest/http/client.h"
#include "ingest/kafka/kafka_log_reader.h"
#include "ingest/log/embedded_log.h"
#include "replay/answers.h"
#include "schemas/text.h"
#include "tools/kafka_settings.h"
#include "tools/progress.h"

namespace hookledger {
namespace {

constexpr std::chrono::seconds kServerTimeout(60);

}  // namespace

std::string data_dir(const Settings& settings) { return settings.text("data-dir", "./data"); }

std::string log_folder(const std::string& data_dir) { return (std::filesystem::path(data_dir) / "log").string(); }

Result<std::unique_ptr<LogReader>> open_log(const Settings& settings) {
  if (on_kafka(settings)) {
    static Logger logger({.json = false, .level = Logger::Level::kError});  // Outlives every reader of the command.
    const auto cluster = kafka_cluster(settings);
    if (!cluster) return cluster.error();
    auto reader = kafka::open_kafka_log_reader(*cluster, logger);
    if (!reader) return reader.error();
    return std::unique_ptr<LogReader>(std::move(*reader));
  }
  const std::string folder = data_dir(settings);
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error)) {
    return Error{ErrorCode::kNotFound,
                 "no data dir at " + folder + ": check --data-dir, or start hookledger serve there"};
  }
  return open_embedded_log_reader(log_folder(folder));
}

Result<ProjectionView> open_data_dir(const Settings& settings, const CommandContext& context, const RuleSet& rules) {
  const bool quiet = settings.flag("quiet");
  auto view = [&] {
    Progress progress("folding the log", "records", quiet, context.clock);
    return open_view(
        data_dir(settings), rules, [&] { return open_log(settings); },
        [&](const FoldProgress& fold) { progress.update(fold.done, fold.total); });
  }();
  if (view && view->other_rules && !quiet) {
    std::cerr << "hookledger: the projection was made with other rules: evaluated by these, in memory\n";
  }
  if (view && !view->discarded.empty() && !quiet) {
    std::cerr << "hookledger: folded the log anew, the projection cannot be used: " << printable(view->discarded)
              << '\n';
  }
  return view;
}

bool asks_server(const Settings& settings) { return settings.prevails("url", "data-dir"); }

Result<std::string> server_of_data_dir(const Settings& settings) {
  if (settings.on_command_line("data-dir") && !settings.on_command_line("api-listen")) {
    return Error{ErrorCode::kInUse, "a server has the data dir " + data_dir(settings) +
                                        ": give --url with the address of its API, which it printed when it started"};
  }
  return "http://" + settings.text("api-listen", "127.0.0.1:8081");
}

Result<std::string> ask_server(const Settings& settings, const std::string& target) {
  auto response = http::fetch(settings.text("url"), target, kServerTimeout);
  if (!response) return response.error();
  if (response->status == 200) return std::move(response->body);
  const std::string detail = "the server says: " + problem_text(response->body, response->status);
  switch (response->status) {
    case 404: return Error{ErrorCode::kNotFound, detail};
    case 400: return Error{ErrorCode::kUsage, detail};
    default: return Error{ErrorCode::kUnavailable, detail};
  }
}

Result<void> refuse_url(const Settings& settings) {
  if (settings.on_command_line("url")) return usage_error("this command reads a data dir: use --data-dir, not --url");
  return {};
}

}  // namespace hookledger
