#include "replay/redelivery/letters_route.h"

#include "projector/api.h"

namespace hookledger {
namespace {

OrProblem<LetterChoice> read_choice(const ApiArguments& arguments) {
  LetterChoice choice{.subscription = arguments.get("subscription"), .place = {}};
  if (!arguments.has("id")) return choice;
  choice.place = parse_place(arguments.get("id"));
  if (!choice.place) return bad_parameter("id", "is not PARTITION/OFFSET");
  return choice;
}

ApiResponse answer_to(const Error& error) {
  if (error.code != ErrorCode::kNotFound) return failure(error);
  return problem(404, "dead-letter-not-found", "No such dead letter", error.detail);
}

ApiResponse list(const LetterBoxes& boxes, const ApiArguments& arguments) {
  const auto choice = read_choice(arguments);
  if (const auto* problem = std::get_if<ApiResponse>(&choice)) return *problem;
  const auto request = read_page(arguments);
  if (const auto* problem = std::get_if<ApiResponse>(&request)) return *problem;
  const auto page = list_letters(boxes, std::get<LetterChoice>(choice), std::get<PageRequest>(request));
  if (!page) return answer_to(page.error());
  return {.body = to_json(*page), .headers = {}};
}

ApiResponse change(const LetterBoxes& boxes, LetterAction action, const ApiArguments& arguments) {
  const auto choice = read_choice(arguments);
  if (const auto* problem = std::get_if<ApiResponse>(&choice)) return *problem;
  const auto count = change_letters(boxes, std::get<LetterChoice>(choice), action);
  if (!count) return answer_to(count.error());
  return {.body = "{\"count\":" + std::to_string(*count) + "}", .headers = {}};
}

}  // namespace

void add_letters_routes(Router& router, const std::function<LetterBoxes()>& boxes) {
  router.add("/v1/deadletters", {"subscription", "id", "limit", "cursor"},
             [boxes](const ApiArguments& arguments) { return list(boxes(), arguments); });
  for (const LetterAction action : {LetterAction::kRetry, LetterAction::kDrop}) {
    router.add_command("/v1/deadletters/" + std::string(to_string(action)), "deadletters", {"subscription", "id"},
                       [boxes, action](const ApiArguments& arguments) { return change(boxes(), action, arguments); });
  }
}

}  // namespace hookledger
