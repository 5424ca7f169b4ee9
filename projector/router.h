#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hookledger {

/// A request as a router needs it; knows no socket. `path` and `query` as sent, still percent-encoded.
struct ApiRequest {
  std::string_view method, path, query;
  bool forwarded = false;         ///< By another process, which asks for what is here alone.
  std::string_view command = {};  ///< The header `Hookledger-Command`.
};

/// Who asks for something to be done names the command in this header: no page of a browser can, unasked.
inline constexpr std::string_view kCommandHeader = "hookledger-command";

struct ApiResponse {
  unsigned status = 200;
  std::string_view content_type = "application/json";  ///< A literal.
  std::string body;
  std::vector<std::pair<std::string_view, std::string>> headers;
};

/// An RFC 9457 problem as an answer.
ApiResponse problem(unsigned status, std::string_view code, std::string_view title, std::string_view detail = {});
/// 503 with Retry-After; `detail`: what has to happen first.
ApiResponse not_ready(std::string_view detail);
/// 400 that names the parameter.
ApiResponse bad_parameter(std::string_view name, std::string_view why);

/// What a route's handler gets, decoded: one segment per `{…}` of its pattern, and its query.
struct ApiArguments {
  std::vector<std::string> segments{};
  std::map<std::string, std::string, std::less<>> query{};
  std::string target{};  ///< Path and query as sent.
  bool forwarded = false;

  bool has(std::string_view name) const { return query.contains(name); }
  /// Empty when absent.
  const std::string& get(std::string_view name) const;
};

using ApiHandler = std::function<ApiResponse(const ApiArguments&)>;

/// Finds the handler of a request by its path: GET (or HEAD), or POST for a command. Routes are added before the first
/// request; then `handle` may be called from any thread, when handlers may.
class Router {
 public:
  /// `pattern`: `/v1/calls/{id}/records`. `parameters`: the query parameters it knows; any other is refused.
  void add(std::string_view pattern, std::vector<std::string> parameters, ApiHandler handler);
  /// A route that ignores whatever query comes.
  void add(std::string_view pattern, ApiHandler handler);
  /// A route that does something: POST alone, by who names the command.
  void add_command(std::string_view pattern, std::string command, std::vector<std::string> parameters,
                   ApiHandler handler);

  /// What can be refused before the rest of a request has come: its path, then its method.
  std::optional<ApiResponse> refusal(const ApiRequest& request) const;
  ApiResponse handle(const ApiRequest& request) const;

 private:
  struct Route {
    std::vector<std::string> pattern;
    std::optional<std::vector<std::string>> parameters;  ///< Nothing: the query is ignored.
    ApiHandler handler;
    std::string command{};  ///< Empty: it can be read.
  };
  const Route* find(const std::vector<std::string>& segments) const;

  std::vector<Route> routes_;
};

/// Strict: nothing for a `%` without two hex digits. `+` stays `+`.
std::optional<std::string> percent_decode(std::string_view text);

}  // namespace hookledger
