#include "projector/router.h"

#include <algorithm>

#include "schemas/problem.h"

namespace hookledger {
namespace {

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t at = text.find(separator);
    parts.emplace_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

bool is_placeholder(std::string_view segment) { return segment.starts_with('{'); }

bool matches(const std::vector<std::string>& pattern, const std::vector<std::string>& segments) {
  return std::equal(pattern.begin(), pattern.end(), segments.begin(), segments.end(),
                    [](const std::string& expected, const std::string& segment) {
                      return is_placeholder(expected) ? !segment.empty() : expected == segment;
                    });
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Reads the query into `arguments`; the problem when it cannot.
std::optional<ApiResponse> read_query(std::string_view query, const std::vector<std::string>& known,
                                      ApiArguments& arguments) {
  for (const std::string& text : split(query, '&')) {
    const std::string_view part = text;
    if (part.empty()) continue;
    const std::size_t equals = part.find('=');
    const auto name = percent_decode(part.substr(0, equals));
    if (!name) return bad_parameter(part.substr(0, equals), "is not percent-encoded rightly");
    if (std::find(known.begin(), known.end(), *name) == known.end()) return bad_parameter(*name, "is not known here");
    auto value = percent_decode(equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1));
    if (!value) return bad_parameter(*name, "is not percent-encoded rightly");
    if (!arguments.query.emplace(*name, std::move(*value)).second) return bad_parameter(*name, "is given twice");
  }
  return std::nullopt;
}

}  // namespace

void Router::add(std::string_view pattern, std::vector<std::string> parameters, ApiHandler handler) {
  routes_.push_back({split(pattern, '/'), std::move(parameters), std::move(handler)});
}

void Router::add(std::string_view pattern, ApiHandler handler) {
  routes_.push_back({split(pattern, '/'), std::nullopt, std::move(handler)});
}

void Router::add_command(std::string_view pattern, std::string command, std::vector<std::string> parameters,
                         ApiHandler handler) {
  routes_.push_back({split(pattern, '/'), std::move(parameters), std::move(handler), std::move(command)});
}

const Router::Route* Router::find(const std::vector<std::string>& segments) const {
  const auto route = std::find_if(routes_.begin(), routes_.end(),
                                  [&](const Route& candidate) { return matches(candidate.pattern, segments); });
  return route == routes_.end() ? nullptr : &*route;
}

std::optional<ApiResponse> Router::refusal(const ApiRequest& request) const {
  const Route* const route = find(split(request.path, '/'));
  if (route == nullptr) return problem(404, "not-found", "There is nothing at this path");
  const bool reads = route->command.empty();
  if (reads ? request.method == "GET" || request.method == "HEAD" : request.method == "POST") {
    if (reads || request.command == route->command) return std::nullopt;
    return problem(403, "command-missing", "Not asked for by hookledger",
                   "name the command in the header Hookledger-Command: " + route->command);
  }
  ApiResponse response =
      problem(405, "method-not-allowed", reads ? "This path can only be read" : "This path takes POST");
  response.headers.emplace_back("Allow", reads ? "GET, HEAD" : "POST");
  return response;
}

ApiResponse Router::handle(const ApiRequest& request) const {
  if (auto refused = refusal(request)) return std::move(*refused);
  const auto segments = split(request.path, '/');
  const Route* const route = find(segments);
  ApiArguments arguments{.target = std::string(request.path), .forwarded = request.forwarded};
  if (!request.query.empty()) arguments.target.append("?").append(request.query);
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (!is_placeholder(route->pattern[i])) continue;
    auto decoded = percent_decode(segments[i]);
    const std::string& name = route->pattern[i];
    if (!decoded) return bad_parameter(name.substr(1, name.size() - 2), "is not percent-encoded rightly");
    arguments.segments.push_back(std::move(*decoded));
  }
  if (route->parameters) {
    if (auto wrong = read_query(request.query, *route->parameters, arguments)) return std::move(*wrong);
  }
  return route->handler(arguments);
}

const std::string& ApiArguments::get(std::string_view name) const {
  static const std::string kNone;
  const auto found = query.find(name);
  return found == query.end() ? kNone : found->second;
}

ApiResponse problem(unsigned status, std::string_view code, std::string_view title, std::string_view detail) {
  return {status, kProblemType, problem_json(status, code, title, detail), {}};
}

ApiResponse not_ready(std::string_view detail) {
  ApiResponse response = problem(503, "not-ready", "Not ready", detail);
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

ApiResponse bad_parameter(std::string_view name, std::string_view why) {
  return problem(400, "bad-parameter", "A parameter is wrong", std::string(name).append(" ").append(why));
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return decoded;
}

}  // namespace hookledger
