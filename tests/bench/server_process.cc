#include "tests/bench/server_process.h"

#include <chrono>
#include <signal.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

#include "ingest/http/client.h"
#include "tests/bench/child.h"

namespace hookledger::bench {
namespace {

std::string read_line(int file) {
  std::string line;
  for (char c = 0; ::read(file, &c, 1) == 1 && c != '\n';) line += c;
  return line;
}

/// What follows `name` up to the next blank.
std::string word_after(const std::string& text, const std::string& name) {
  const std::size_t at = text.find(name);
  if (at == std::string::npos) throw std::runtime_error("the server did not start: " + text);
  return text.substr(at + name.size(), text.find(' ', at) - at - name.size());
}

}  // namespace

ServerProcess::ServerProcess(const std::string& program, const std::string& role, const std::string& data_dir,
                             const std::string& public_key, unsigned threads, const std::vector<std::string>& more) {
  std::vector<std::string> command{
      program,    role,          "--data-dir",   data_dir,      "--telnyx-public-key", public_key,
      "--listen", "127.0.0.1:0", "--api-listen", "127.0.0.1:0", "--threads",           std::to_string(threads)};
  command.insert(command.end(), more.begin(), more.end());
  int output = -1;
  id_ = start(command, &output);
  const std::string line = read_line(output);
  ::close(output);
  webhooks_ = word_after(line, "webhooks=");
  api_ = word_after(line, "api=");
}

ServerProcess::~ServerProcess() {
  ::kill(id_, SIGTERM);
  ::waitpid(id_, nullptr, 0);
}

double ServerProcess::metric(const std::string& name) const {
  const auto page = http::fetch("http://" + api_, "/metrics", std::chrono::seconds(10)).value();
  const std::size_t at = page.body.find("\n" + name + " ");
  return at == std::string::npos ? 0 : std::stod(page.body.substr(at + name.size() + 2));
}

}  // namespace hookledger::bench
