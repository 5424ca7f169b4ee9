#include "tools/api_service.h"

#include "ingest/webhooks.h"

namespace hookledger {
namespace {

class ApiService : public http::Service {
 public:
  ApiService(const Router& router, http::Responder& responder) : router_(router), responder_(responder) {}

  std::optional<http::Response> accept_head(const http::Head& head) override {
    auto refused = router_.refusal(request(head));
    if (!refused) return std::nullopt;
    return response(std::move(*refused));
  }

  void handle(const http::Head& head, std::string_view, http::Ticket ticket) override {
    responder_.answer(ticket, response(router_.handle(request(head))));
  }

  http::Response refusal(http::Refusal refusal) override { return refusal_response(refusal); }

 private:
  static ApiRequest request(const http::Head& head) { return {head.method, head.path(), head.query()}; }

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
};

}  // namespace

std::unique_ptr<http::Service> make_api_service(const Router& router, http::Responder& responder) {
  return std::make_unique<ApiService>(router, responder);
}

}  // namespace hookledger
