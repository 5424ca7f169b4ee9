#include "replay/answers.h"

#include "replay/read_answers.h"

namespace hookledger {
namespace {

/// Reads `{"items":[…],"next_cursor":…}`.
template <class T>
Result<Page<T>> parse_page(std::string_view json, T (*read)(Members)) {
  Page<T> page;
  Fault fault;
  const bool is_object = read_json_object(json, fault, [&](Members answer) {
    answer.objects("items", [&](Members item) { page.items.push_back(read(item)); });
    page.next = answer.text("next_cursor");
  });
  if (!is_object) {
    return Error{ErrorCode::kInvalid, "the answer is not a JSON object: check that --url is a hookledger API"};
  }
  if (fault.where.empty()) return page;
  return Error{ErrorCode::kInvalid, "the answer is not a list: `" + fault.where +
                                        "` is missing or wrong; check that --url is a hookledger API"};
}

}  // namespace

Result<Page<ListedCall>> parse_call_list(std::string_view json) { return parse_page<ListedCall>(json, read_call); }

Result<Page<Finding>> parse_finding_list(std::string_view json) { return parse_page<Finding>(json, read_finding); }

std::string problem_text(std::string_view json, unsigned status) {
  Fault fault;
  std::string title, detail;
  read_json_object(json, fault, [&](Members problem) {
    title = problem.text("title");
    detail = problem.text("detail");
  });
  if (title.empty()) return "status " + std::to_string(status);
  return detail.empty() ? title : title + ": " + detail;
}

}  // namespace hookledger
