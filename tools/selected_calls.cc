#include "tools/selected_calls.h"

#include <algorithm>
#include <iterator>

#include "projector/queries.h"
#include "replay/answers.h"
#include "tools/data_access.h"
#include "tools/paging.h"

namespace hookledger {
namespace {

using Ids = std::vector<std::string>;

/// Bounds memory: a redelivery keeps the ids.
constexpr std::uint64_t kCallsMax = 1'000'000;

Ids sorted(Ids ids) {
  std::ranges::sort(ids);
  ids.erase(std::ranges::unique(ids).begin(), ids.end());
  return ids;
}

Ids both(const Ids& a, const Ids& b) {
  Ids out;
  std::ranges::set_intersection(a, b, std::back_inserter(out));
  return out;
}

/// Of all items of a list that comes in pages.
template <class T>
Result<Ids> ids_of(const std::function<Result<Page<T>>(const PageRequest&)>& read,
                   const std::function<std::string(const T&)>& id) {
  Ids ids;
  PageRequest request{.limit = 500, .cursor = {}};
  do {
    const auto page = read(request);
    if (!page) return page.error();
    std::ranges::transform(page->items, std::back_inserter(ids), id);
    if (ids.size() > kCallsMax) return usage_error("that is more than 1,000,000 calls: select by --since and --until");
    request.cursor = page->next;
  } while (!request.cursor.empty());
  std::erase(ids, std::string());
  return sorted(std::move(ids));
}

Result<std::string> ask_page(const Settings& settings, QueryString question, const PageRequest& page) {
  question.add("limit", std::to_string(page.limit));
  question.add("cursor", page.cursor);
  return ask_server(settings, question.text());
}

Result<Ids> of_organization(const Settings& settings, const std::string& organization, const Queries* queries,
                            Time now) {
  const auto read = [&](const PageRequest& page) -> Result<Page<ListedCall>> {
    CallFilter filter;
    filter.organization = organization;
    if (queries != nullptr) return queries->calls(filter, page, now);
    QueryString question("/v1/calls");
    question.add("org", organization);
    const auto answer = ask_page(settings, std::move(question), page);
    if (!answer) return answer.error();
    return parse_call_list(*answer);
  };
  return ids_of<ListedCall>(read, [](const ListedCall& listed) { return listed.call.id; });
}

Result<Ids> of_rule(const Settings& settings, const std::string& rule, const Queries* queries, Time now) {
  const auto read = [&](const PageRequest& page) -> Result<Page<Finding>> {
    const FindingFilter filter{.status = {}, .rule = rule, .call_id = {}, .at = {}};
    if (queries != nullptr) return queries->findings(filter, page, now);
    QueryString question("/v1/findings");
    question.add("rule", rule);
    question.add("status", "all");
    const auto answer = ask_page(settings, std::move(question), page);
    if (!answer) return answer.error();
    return parse_finding_list(*answer);
  };
  return ids_of<Finding>(read, [](const Finding& finding) { return finding.call_id; });
}

Result<void> check_known(const Ids& calls, const ProjectionView& view) {
  for (const std::string& call : calls) {
    const auto facts = view.store->find(call);
    if (!facts) return facts.error();
    if (!*facts) return Error{ErrorCode::kNotFound, "no call " + call + ": hookledger calls lists them"};
  }
  return {};
}

}  // namespace

Result<Ids> select_calls(const Settings& settings, const CallQuestion& question, const ProjectionView* view,
                         const RuleSet& rules, Time now) {
  std::optional<Queries> queries;
  if (view != nullptr) queries.emplace(*view->store, rules);
  const Queries* const asked = queries ? &*queries : nullptr;
  std::optional<Ids> selected;
  const auto narrow = [&](Ids ids) { selected = selected ? both(*selected, ids) : std::move(ids); };
  if (!question.calls.empty()) {
    if (view != nullptr) {
      if (auto known = check_known(question.calls, *view); !known) return known.error();
    }
    narrow(sorted(question.calls));
  }
  if (!question.organization.empty()) {
    auto ids = of_organization(settings, question.organization, asked, now);
    if (!ids) return ids.error();
    narrow(std::move(*ids));
  }
  if (!question.rule.empty()) {
    auto ids = of_rule(settings, question.rule, asked, now);
    if (!ids) return ids.error();
    narrow(std::move(*ids));
  }
  return std::move(*selected);
}

Result<PlacesByPartition> places_of(const Ids& calls, const ProjectionView& view,
                                    const std::vector<std::uint64_t>& ends) {
  PlacesByPartition places;
  for (const std::string& call : calls) {
    const auto facts = view.store->find(call);
    if (!facts) return facts.error();
    if (!*facts) continue;  // Retention took it.
    auto& offsets = places[(*facts)->partition()];
    for (const EventFact& fact : (*facts)->events()) {
      if (fact.offset < ends[(*facts)->partition()]) offsets.push_back(fact.offset);
    }
  }
  for (auto& [partition, offsets] : places) std::ranges::sort(offsets);
  return places;
}

}  // namespace hookledger
