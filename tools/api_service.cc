#include "tools/api_service.h"

#include "ingest/webhooks.h"
#include "projector/peers.h"

namespace hookledger {
namespace {

class ApiService : public http::Service {
 public:
  ApiService(const Router& router, http::Responder& responder, Workers* workers, Workers* commands)
      : router_(router), responder_(responder), workers_(workers), commands_(commands) {}

  std::optional<http::Response> accept_head(const http::Head& head) override {
    auto refused = router_.refusal(request(head));
    if (!refused) return std::nullopt;
    return response(std::move(*refused));
  }

  void handle(const http::Head& head, std::string_view, http::Ticket ticket) override {
    const ApiRequest asked = request(head);
    Workers* const workers = asked.method == "POST" ? commands_ : workers_;
    if (workers == nullptr || asked.forwarded || !asked.path.starts_with("/v1/")) {
      return responder_.answer(ticket, response(router_.handle(asked)));
    }
    const bool taken = workers->run([this, ticket, method = std::string(asked.method), path = std::string(asked.path),
                                     query = std::string(asked.query), command = std::string(asked.command)] {
      answer_later(ticket, router_.handle({method, path, query, false, command}));
    });
    if (!taken) responder_.answer(ticket, refusal(http::Refusal::kOverloaded));
  }

  http::Response refusal(http::Refusal refusal) override { return refusal_response(refusal); }

 private:
  static ApiRequest request(const http::Head& head) {
    return {head.method, head.path(), head.query(), head.find(kForwardedHeader).count > 0,
            head.find(kCommandHeader).value};
  }

  void answer_later(http::Ticket ticket, ApiResponse answer) {
    responder_.post([this, ticket, answer = response(std::move(answer))] { responder_.answer(ticket, answer); });
  }

  static http::Response response(ApiResponse answer) {
    http::Response response;
    response.status = answer.status;
    response.content_type = answer.content_type;
    response.body = std::move(answer.body);
    response.headers = std::move(answer.headers);
    return response;
  }

  const Router& router_;
  http::Responder& responder_;
  Workers* const workers_;
  Workers* const commands_;
};

}  // namespace

std::unique_ptr<http::Service> make_api_service(const Router& router, http::Responder& responder, Workers* workers,
                                                Workers* commands) {
  return std::make_unique<ApiService>(router, responder, workers, commands);
}

}  // namespace hookledger
