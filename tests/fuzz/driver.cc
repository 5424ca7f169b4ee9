// Runs a fuzz target where libFuzzer is not linked: in every test run, for about a second, with inputs that depend on
// the seed alone. The target runs in a child process, so that whatever ends it (a signal, a sanitizer, a time-out)
// leaves the input behind, in memory that both share.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "tests/fuzz/mutate.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr std::size_t kSharedBytes = 1024 * 1024;
constexpr unsigned kSecondsPerRunMax = 60;

/// The input at work, as the child left it.
struct Shared {
  std::uint64_t inputs;
  std::size_t size;
  char bytes[kSharedBytes - 2 * sizeof(std::uint64_t)];
};

struct Options {
  std::uint64_t seed = 1;
  std::chrono::duration<double> time{1.0};
  std::uint64_t inputs_max = 200'000;  ///< None when the time was given.
  std::vector<std::string> corpus;
  bool mutate = false;  ///< A folder was given; single files are run as they are.
};

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void add_folder(const std::filesystem::path& folder, std::vector<std::string>& corpus) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.is_regular_file()) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  for (const auto& path : paths) corpus.push_back(read_file(path));
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--seed" && i + 1 < argc) {
      options.seed = std::strtoull(argv[++i], nullptr, 10);
    } else if (argument == "--seconds" && i + 1 < argc) {
      options.time = std::chrono::duration<double>(std::strtod(argv[++i], nullptr));
      options.inputs_max = UINT64_MAX;
    } else if (std::filesystem::is_directory(argument)) {
      add_folder(argument, options.corpus);
      options.mutate = true;
    } else if (std::filesystem::is_regular_file(argument)) {
      options.corpus.push_back(read_file(argument));
    } else {
      std::fprintf(stderr, "usage: %s [--seed N] [--seconds S] FOLDER|FILE...\n", argv[0]);
      std::exit(2);
    }
  }
  if (options.mutate) options.corpus.emplace_back();
  return options;
}

void run_one(Shared& shared, const std::string& input) {
  shared.size = std::min(input.size(), sizeof shared.bytes);
  std::memcpy(shared.bytes, input.data(), shared.size);
  ++shared.inputs;
  const std::vector<std::uint8_t> exact(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(shared.size));
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

void run_all(Shared& shared, const Options& options) {
  const auto end = std::chrono::steady_clock::now() + options.time;
  for (const auto& input : options.corpus) run_one(shared, input);
  if (!options.mutate) return;
  hookledger::fuzz::Mutator mutator(options.corpus, options.seed);
  while (shared.inputs < options.inputs_max && std::chrono::steady_clock::now() < end) run_one(shared, mutator.next());
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  void* memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return std::perror("mmap"), 1;
  auto& shared = *static_cast<Shared*>(memory);

  const pid_t child = fork();
  if (child < 0) return std::perror("fork"), 1;
  if (child == 0) {
    alarm(kSecondsPerRunMax);
    run_all(shared, options);
    std::exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  const std::string name = std::filesystem::path(argv[0]).filename();
  std::printf("%s: seed %llu, %llu inputs\n", name.c_str(), static_cast<unsigned long long>(options.seed),
              static_cast<unsigned long long>(shared.inputs));
  if (status == 0) return 0;

  const std::string reproducer = name + ".crash-" + std::to_string(options.seed);
  std::ofstream(reproducer, std::ios::binary).write(shared.bytes, static_cast<std::streamsize>(shared.size));
  std::printf("%s; run again: %s %s\n", WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "failed", argv[0],
              std::filesystem::absolute(reproducer).c_str());
  return 1;
}
