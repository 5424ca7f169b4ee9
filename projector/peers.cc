#include "projector/peers.h"

#include <array>
#include <future>
#include <map>

namespace hookledger {
namespace {

/// `partition 3`, `partitions 3, 5`.
std::string name(const std::set<std::uint32_t>& partitions) {
  std::string text = partitions.size() == 1 ? "partition " : "partitions ";
  for (const std::uint32_t partition : partitions) {
    text.append(partition == *partitions.begin() ? "" : ", ").append(std::to_string(partition));
  }
  return text;
}

ApiResponse has_no_owner(const std::set<std::uint32_t>& partitions) {
  return not_ready(name(partitions) + (partitions.size() == 1 ? " has" : " have") + " no owner now");
}

/// Another's answer as ours. Nothing when it is none that a projector gives.
std::optional<ApiResponse> as_ours(PeerAnswer answer) {
  constexpr std::array<std::string_view, 2> kTypes{"application/json", "application/problem+json"};
  for (const std::string_view type : kTypes) {
    if (answer.content_type != type) continue;
    ApiResponse response{answer.status, type, std::move(answer.body), {}};
    if (answer.status == 503) response.headers.emplace_back("Retry-After", "1");
    return response;
  }
  return std::nullopt;
}

ApiResponse ask(const Peers& peers, const std::string& url, const std::set<std::uint32_t>& partitions,
                const std::string& target) {
  auto answer = peers.ask(url, target);
  if (answer) {
    if (auto response = as_ours(std::move(*answer))) return std::move(*response);
  }
  return not_ready("the owner of " + name(partitions) + ", " + url + ", does not answer");
}

}  // namespace

ApiResponse ask_owner(const std::optional<Peers>& peers, std::uint32_t partition, const ApiArguments& arguments) {
  if (arguments.forwarded) return not_ready("partition " + std::to_string(partition) + " is not answered for here");
  const auto url = peers ? peers->owner_of(partition) : std::nullopt;
  if (!url) return has_no_owner({partition});
  return ask(*peers, *url, {partition}, arguments.target);
}

OrProblem<std::vector<ListPage>> ask_owners(const std::optional<Peers>& peers, std::set<std::uint32_t> partitions,
                                            const ApiArguments& arguments) {
  std::map<std::string, std::set<std::uint32_t>> owners;
  std::set<std::uint32_t> ownerless;
  for (const std::uint32_t partition : partitions) {
    const auto url = peers ? peers->owner_of(partition) : std::nullopt;
    url ? owners[*url].insert(partition) : ownerless.insert(partition);
  }
  if (!ownerless.empty()) return has_no_owner(ownerless);

  std::vector<std::future<ApiResponse>> answers;
  for (const auto& [url, theirs] : owners) {
    answers.push_back(std::async(std::launch::async, [&peers, &url = url, &theirs = theirs, &arguments] {
      return ask(*peers, url, theirs, arguments.target);
    }));
  }
  std::vector<ListPage> pages;
  std::optional<ApiResponse> problem;
  for (std::future<ApiResponse>& waiting : answers) {
    ApiResponse answer = waiting.get();
    auto page = answer.status == 200 ? parse_peer_json(answer.body) : Result<ListPage>(ListPage());
    if (!page) answer = not_ready(page.error().detail);
    if (answer.status != 200) {
      problem = std::move(answer);
      continue;
    }
    for (const std::uint32_t partition : page->partitions) partitions.erase(partition);
    pages.push_back(std::move(*page));
  }
  if (problem) return std::move(*problem);
  // Whoever had it has let go of it since.
  if (!partitions.empty()) return has_no_owner(partitions);
  return pages;
}

}  // namespace hookledger
