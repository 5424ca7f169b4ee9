#include "tests/bench/child.h"

#include <fcntl.h>
#include <signal.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace hookledger::bench {

pid_t start(const std::vector<std::string>& command, int* output) {
  int pipe_ends[2];
  if (::pipe2(pipe_ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  std::vector<char*> arguments;
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    const int out = output != nullptr ? pipe_ends[1] : ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    ::dup2(out, STDOUT_FILENO);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  ::close(pipe_ends[1]);
  if (output != nullptr) {
    *output = pipe_ends[0];
  } else {
    ::close(pipe_ends[0]);
  }
  if (child < 0) throw std::runtime_error("cannot start " + command.front());
  return child;
}

Finished run(const Clock& clock, const std::vector<std::string>& command) {
  const auto began = clock.monotonic();
  const pid_t child = start(command);
  int status = 0;
  rusage usage{};
  ::wait4(child, &status, 0, &usage);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw std::runtime_error(command.at(0) + " " + command.at(1) + " failed");
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return {{seconds(usage.ru_utime), seconds(usage.ru_stime)},
          seconds_between(began, clock.monotonic()),
          1024 * static_cast<std::uint64_t>(usage.ru_maxrss)};
}

}  // namespace hookledger::bench
