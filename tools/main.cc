#include <algorithm>
#include <iostream>
#include <sys/resource.h>

#include "schemas/crypto.h"
#include "schemas/text.h"
#include "tools/command.h"
#include "tools/given_clock.h"

namespace hookledger {
namespace {

constexpr std::string_view kVersion = HOOKLEDGER_VERSION;

void print_help(std::ostream& out) {
  out << "hookledger " << kVersion
      << ": an event-sourced ledger for telephony webhooks\n\nusage: hookledger COMMAND [options]\n\n";
  for (const Command& command : all_commands()) {
    std::string left = "  " + command.name + (command.arguments.empty() ? "" : " " + command.arguments);
    left.resize(std::max<std::size_t>(26, left.size() + 2), ' ');
    out << left << command.summary << '\n';
  }
  out << "\nEvery option can stand in the file given by --config, and as HOOKLEDGER_… in the environment.\n"
         "'hookledger COMMAND --help' explains a command.\n\n"
         "exit: 0 done, 1 failed or nothing there, 2 wrong usage, 3 open findings or a mismatch\n";
}

void print_help(std::ostream& out, const Command& command) {
  out << "usage: hookledger " << command.name << (command.arguments.empty() ? "" : " " + command.arguments)
      << " [options]\n\n"
      << command.summary << ".\n\n"
      << command.help;
  if (!command.options.empty()) out << "\noptions:\n" << render_options(command.options);
  out << "\ncommon options:\n" << render_options(common_options());
}

/// A large log has thousands of tables, and a reader holds every one open; the usual limit is for programs that use
/// select().
void allow_many_files() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

int fail(int exit_code, const std::string& detail) {
  std::cerr << "hookledger: " << printable(detail) << '\n';
  return exit_code;
}

Result<std::unique_ptr<Clock>> make_clock(const Settings& settings) {
  if (!settings.has("clock")) return std::unique_ptr<Clock>(std::make_unique<SystemClock>());
  const std::string file = settings.text("clock");
  auto clock = GivenClock::open(file);
  if (clock) {
    std::cerr << "hookledger: the time is what " << printable(file) << " says, not the machine's: --clock is for tests "
              << "only\n";
  }
  return clock;
}

int run(const Command& command, std::vector<std::string> arguments) {
  const auto given = [&](const char* option) {
    return std::find(arguments.begin(), arguments.end(), option) != arguments.end();
  };
  if (given("--help") || given("-h")) {
    print_help(std::cout, command);
    return kExitDone;
  }
  std::vector<OptionSpec> own = command.options;
  for (const OptionSpec& option : common_options()) own.push_back(option);
  const auto settings = read_settings(arguments, own, all_options());
  if (!settings) {
    const int code = settings.error().code == ErrorCode::kUsage ? kExitUsage : kExitFailed;
    return fail(code, settings.error().detail + " (hookledger " + command.name + " --help)");
  }
  if (settings->flag("version")) {
    std::cout << "hookledger " << kVersion << '\n';
    return kExitDone;
  }
  const auto clock = make_clock(*settings);
  if (!clock) return fail(kExitUsage, clock.error().detail);
  const auto done = command.run(*settings, {**clock, std::move(arguments)});
  if (done) {
    std::cout.flush();
    if (!std::cout) return fail(kExitFailed, "the output could not be written");
    return *done;
  }
  const bool usage = done.error().code == ErrorCode::kUsage;
  return fail(usage ? kExitUsage : kExitFailed,
              done.error().detail + (usage ? " (hookledger " + command.name + " --help)" : ""));
}

int main(const std::vector<std::string>& arguments) {
  if (arguments.empty()) return fail(kExitUsage, "no command given: try hookledger --help");
  const std::string& name = arguments.front();
  if (name == "--help" || name == "-h" || name == "help") {
    print_help(std::cout);
    return kExitDone;
  }
  if (name == "--version") {
    std::cout << "hookledger " << kVersion << '\n';
    return kExitDone;
  }
  for (const Command& command : all_commands()) {
    if (command.name == name) return run(command, {arguments.begin() + 1, arguments.end()});
  }
  if (name.starts_with('-')) {
    return fail(kExitUsage, "options come after the command, as in hookledger calls " + name +
                                ": hookledger --help lists the commands");
  }
  return fail(kExitUsage, "unknown command '" + name + "': hookledger --help lists them");
}

}  // namespace
}  // namespace hookledger

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  hookledger::allow_many_files();
  hookledger::init_crypto();
  try {
    return hookledger::main({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << "hookledger: internal error: " << hookledger::printable(error.what()) << '\n';
    return hookledger::kExitFailed;
  }
}
