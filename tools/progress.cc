#include "tools/progress.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <sys/ioctl.h>
#include <unistd.h>

#include "schemas/time.h"

namespace hookledger {
namespace {

constexpr std::chrono::milliseconds kFirst(1000), kOnTerminal(100), kInLog(5000);
constexpr std::uint64_t kBarCells = 24;

}  // namespace

Progress::Progress(std::string what, std::string unit, bool quiet, const Clock& clock)
    : what_(std::move(what)),
      unit_(std::move(unit)),
      clock_(clock),
      terminal_(isatty(STDERR_FILENO) == 1),
      quiet_(quiet),
      began_(clock.monotonic()),
      next_(began_ + kFirst) {}

Progress::~Progress() {
  if (drawn_ && terminal_) std::fputs("\r\033[K", stderr);
}

void Progress::update(std::uint64_t done, std::uint64_t total) {
  const auto now = clock_.monotonic();
  if (quiet_ || now < next_) return;
  next_ = now + (terminal_ ? kOnTerminal : kInLog);
  drawn_ = true;
  const std::string text = line(done, total, std::chrono::duration<double>(now - began_).count());
  std::fprintf(stderr, terminal_ ? "\r%s\033[K" : "%s\n", text.c_str());
}

std::string Progress::line(std::uint64_t done, std::uint64_t total, double seconds) const {
  const std::uint64_t shown = std::max<std::uint64_t>(total, 1);
  const double rate = static_cast<double>(done) / std::max(seconds, 0.001);
  const double left = rate > 0 ? static_cast<double>(shown - std::min(done, shown)) / rate : 0;
  std::string bar;
  if (terminal_) {
    const std::uint64_t filled = std::min(done, shown) * kBarCells / shown;
    bar = "[" + std::string(filled, '#') + std::string(kBarCells - filled, '.') + "] ";
  }
  return what_ + " " + bar + std::to_string(std::min(done, shown) * 100 / shown) + " %, " + std::to_string(done) +
         " of " + std::to_string(total) + " " + unit_ + ", " + std::to_string(static_cast<std::uint64_t>(rate)) +
         "/s, " + format_duration(std::chrono::seconds(static_cast<std::int64_t>(left))) + " left";
}

bool colour_wanted() {
  const char* no_color = std::getenv("NO_COLOR");
  return isatty(STDOUT_FILENO) == 1 && (no_color == nullptr || *no_color == '\0');
}

unsigned terminal_width() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40) return size.ws_col;
  return 120;
}

}  // namespace hookledger
