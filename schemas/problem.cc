#include "schemas/problem.h"

#include "schemas/json.h"

namespace hookledger {

std::string problem_json(unsigned status, std::string_view code, std::string_view title, std::string_view detail) {
  JsonWriter out;
  out.begin_object();
  out.member("type", "urn:hookledger:problem:" + std::string(code));
  out.member("title", title);
  out.key("status");
  out.number(std::uint64_t{status});
  if (!detail.empty()) out.member("detail", detail);
  out.end_object();
  return std::string(out.view());
}

}  // namespace hookledger
