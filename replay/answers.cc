#include "replay/answers.h"

#include <simdjson.h>

#include "replay/read_answers.h"

namespace hookledger {
namespace {

/// Reads `{"items":[…],"next_cursor":…}`.
template <class T>
Result<Page<T>> parse_page(std::string_view json, T (*read)(Members)) {
  const simdjson::padded_string padded(json);
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  simdjson::ondemand::object object;
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS ||
      document.get_object().get(object) != simdjson::SUCCESS) {
    return Error{ErrorCode::kInvalid, "the answer is not a JSON object: check that --url is a hookledger API"};
  }
  Page<T> page;
  Fault fault;
  Members members(object, fault);
  members.objects("items", [&](Members item) { page.items.push_back(read(item)); });
  page.next = members.text("next_cursor");
  if (fault.where.empty()) return page;
  return Error{ErrorCode::kInvalid, "the answer is not a list: `" + fault.where +
                                        "` is missing or wrong; check that --url is a hookledger API"};
}

}  // namespace

Result<Page<ListedCall>> parse_call_list(std::string_view json) { return parse_page<ListedCall>(json, read_call); }

Result<Page<Finding>> parse_finding_list(std::string_view json) { return parse_page<Finding>(json, read_finding); }

std::string problem_text(std::string_view json, unsigned status) {
  const std::string otherwise = "status " + std::to_string(status);
  const simdjson::padded_string padded(json);
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  simdjson::ondemand::object object;
  std::string_view title, detail;
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS ||
      document.get_object().get(object) != simdjson::SUCCESS ||
      object.find_field_unordered("title").get_string().get(title) != simdjson::SUCCESS) {
    return otherwise;
  }
  std::string text(title);
  if (object.find_field_unordered("detail").get_string().get(detail) == simdjson::SUCCESS && !detail.empty()) {
    text += ": " + std::string(detail);
  }
  return text;
}

}  // namespace hookledger
