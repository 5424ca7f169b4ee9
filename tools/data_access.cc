#include "tools/data_access.h"

#include <filesystem>
#include <iostream>

#include "ingest/http/client.h"
#include "ingest/log/embedded_log.h"
#include "replay/answers.h"
#include "schemas/text.h"
#include "tools/progress.h"

namespace hookledger {
namespace {

constexpr std::chrono::seconds kServerTimeout(60);

}  // namespace

std::string data_dir(const Settings& settings) { return settings.text("data-dir", "./data"); }

std::string log_folder(const std::string& data_dir) { return (std::filesystem::path(data_dir) / "log").string(); }

Result<std::unique_ptr<LogReader>> open_log(const Settings& settings) {
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
  if (view && !view->discarded.empty() && !quiet) {
    std::cerr << "hookledger: folded the log anew, the projection cannot be used: " << printable(view->discarded)
              << '\n';
  }
  return view;
}

bool asks_server(const Settings& settings) { return settings.prevails("url", "data-dir"); }

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

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '_' || c == '.' || c == '~';
    if (plain) {
      out.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out.append({'%', kHex[byte >> 4], kHex[byte & 15]});
    }
  }
  return out;
}

}  // namespace hookledger
