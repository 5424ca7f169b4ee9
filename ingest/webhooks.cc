#include "ingest/webhooks.h"

#include <condition_variable>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "ingest/delivery_metrics.h"
#include "ingest/intake.h"
#include "ingest/verify/verifiers.h"
#include "schemas/json.h"
#include "schemas/problem.h"
#include "schemas/sources/event_readers.h"

namespace hookledger {
namespace {

/// More than most kinds sign before the body, so that its copy is made once.
constexpr std::size_t kSignedBeforeBytes = 256;

/// A request that was read and waits to be verified.
struct Delivery {
  http::Ticket ticket;
  std::shared_ptr<const Sources> sources;  ///< Keeps `source` alive.
  const Source* source;
  const Verifier* verifier;  ///< Null when there is none of the source's kind.
  SignatureEvidence evidence;
  std::string signed_text;  ///< What is signed before the body, and the one copy of the body.
  std::size_t body_at;
  std::string content_type;
  ToldEvent told;
  Time received_at;

  std::string_view body() const { return std::string_view(signed_text).substr(body_at); }
};

/// An append that waits for the disk.
struct InFlight {
  http::Ticket ticket;
  std::string id;
  std::string source;
  bool recognised;
};

http::Response unavailable(const Error& error) {
  switch (error.code) {
    case ErrorCode::kOverloaded: return problem_response(503, "overloaded", "Too many deliveries wait for the disk");
    case ErrorCode::kStopping: return problem_response(503, "stopping", "The server is stopping");
    default: return problem_response(503, "log-unavailable", "The log cannot be written now");
  }
}

class WebhookService : public http::Service, public AppendObserver {
 public:
  WebhookService(const WebhookContext& context, http::Responder& responder)
      : context_(context), responder_(responder), metrics_(context) {}

  /// The log reports every append; waits for those still to come, because they name this object.
  ~WebhookService() override {
    std::unique_lock lock(reports_mutex_);
    reports_.wait(lock, [&] { return unreported_ == 0; });
  }

  std::optional<http::Response> accept_head(const http::Head& head) override {
    if (context_.sources.get()->by_path(head.path()) == nullptr) {
      const bool below = head.path().starts_with("/webhooks/");
      return below ? problem_response(404, "unknown-source", "No source is configured under this path")
                   : problem_response(404, "not-found", "Nothing is served under this path");
    }
    if (head.method != "POST") {
      auto refused = problem_response(405, "method-not-allowed", "Webhooks are delivered by POST");
      refused.headers.emplace_back("Allow", "POST");
      return refused;
    }
    return std::nullopt;
  }

  void handle(const http::Head& head, std::string_view body, http::Ticket ticket) override {
    Delivery delivery;
    delivery.ticket = ticket;
    delivery.sources = context_.sources.get();
    delivery.source = delivery.sources->by_path(head.path());
    if (delivery.source == nullptr) {  // The source went with a reload between head and body.
      responder_.answer(ticket, problem_response(404, "unknown-source", "No source is configured under this path"));
      return;
    }
    delivery.verifier = verifier_of(delivery.source->kind);
    if (delivery.verifier != nullptr) {
      delivery.evidence = delivery.verifier->evidence(*delivery.source, head);
      delivery.signed_text.reserve(kSignedBeforeBytes + body.size());
      delivery.verifier->begin_signed_text(delivery.evidence, delivery.signed_text);
    }
    delivery.body_at = delivery.signed_text.size();
    delivery.signed_text.append(body);
    delivery.content_type = head.find("content-type").value;
    delivery.told =
        readers_.of(delivery.source->kind).told([&](std::string_view name) { return head.find(name).value; });
    delivery.received_at = context_.clock.wall();
    waiting_.push_back(std::move(delivery));
  }

  void flush() override {
    if (waiting_.empty()) return;
    appends_.clear();
    for (Delivery& delivery : waiting_) verify(delivery);
    waiting_.clear();
    if (appends_.empty()) return;
    expect_reports(appends_.size());
    if (const auto submitted = context_.log.submit(appends_); !submitted) {
      for (const Append& append : appends_) answer(append.token, submitted.error());
      note_reports(appends_.size());
    }
  }

  /// On the log's thread.
  void appended(std::vector<AppendOutcome> outcomes) override {
    const std::size_t count = outcomes.size();
    responder_.post([this, outcomes = std::move(outcomes)] {
      for (const AppendOutcome& outcome : outcomes) answer(outcome.token, outcome.result);
    });
    note_reports(count);
  }

  http::Response refusal(http::Refusal refusal) override { return refusal_response(refusal); }

 private:
  void expect_reports(std::size_t count) {
    const std::lock_guard lock(reports_mutex_);
    unreported_ += count;
  }

  void note_reports(std::size_t count) {
    const std::lock_guard lock(reports_mutex_);
    unreported_ -= count;
    reports_.notify_all();
  }

  void verify(Delivery& delivery) {
    const auto began = context_.clock.monotonic();
    const Verification verification =
        delivery.verifier == nullptr
            ? hookledger::refuse(SignatureVerdict::kInvalid, "nothing here verifies this kind of source")
            : delivery.verifier->verify(*delivery.source, delivery.evidence, delivery.signed_text,
                                        delivery.received_at);
    metrics_.verified(context_.clock.monotonic() - began);
    if (verification.verdict != SignatureVerdict::kValid) {
      refuse(delivery, verification);
      return;
    }
    Intake intake = take_in(readers_.of(delivery.source->kind),
                            {.source = delivery.source->name,
                             .content_type = delivery.content_type,
                             .signature = delivery.evidence.signature,
                             .signed_at = delivery.evidence.signed_at,
                             .key_id = verification.key->id,
                             .received_at = delivery.received_at,
                             .kind = delivery.source->kind,
                             .signed_with = delivery.evidence.signed_with,
                             .told = std::move(delivery.told)},
                            delivery.body(), context_.log.partitions());
    intake.append.observer = this;
    intake.append.token = ++last_token_;
    in_flight_.emplace(last_token_, InFlight{delivery.ticket, std::move(intake.head.id), delivery.source->name,
                                             intake.head.type != kUnrecognisedType});
    appends_.push_back(std::move(intake.append));
  }

  void refuse(const Delivery& delivery, const Verification& verification) {
    const auto [code, title] = [&]() -> std::pair<std::string_view, std::string_view> {
      switch (verification.verdict) {
        case SignatureVerdict::kMissing: return {"signature-missing", "A signature header is absent or empty"};
        case SignatureVerdict::kOutOfTolerance:
          return {"timestamp-out-of-tolerance", "The signature is too old or from the future"};
        default: return {"signature-invalid", "The signature is not valid"};
      }
    }();
    metrics_.answered(delivery.source->name, code);
    metrics_.log_refusal(delivery.source->name, code, verification.reason);
    responder_.answer(delivery.ticket, problem_response(403, code, title));
  }

  void answer(std::uint64_t token, const Result<Appended>& result) {
    const auto found = in_flight_.find(token);
    if (found == in_flight_.end()) return;
    const InFlight request = std::move(found->second);
    in_flight_.erase(found);
    if (!result) {
      http::Response response = unavailable(result.error());
      metrics_.answered(request.source, "unavailable");
      responder_.answer(request.ticket, std::move(response));
      return;
    }
    const std::string_view status = result->duplicate ? "duplicate" : request.recognised ? "accepted" : "unrecognised";
    metrics_.answered(request.source, status);
    json_.clear();
    json_.begin_object();
    json_.member("status", status);
    json_.member("id", request.id);
    json_.key("partition");
    json_.number(std::uint64_t{result->place.partition});
    json_.key("offset");
    if (result->spooled) {
      json_.null();
    } else {
      json_.number(result->place.offset);
    }
    json_.end_object();
    http::Response response;
    response.body = json_.view();
    responder_.answer(request.ticket, std::move(response));
  }

  WebhookContext context_;
  http::Responder& responder_;
  DeliveryMetrics metrics_;
  EventReaders readers_;
  JsonWriter json_;
  std::vector<Delivery> waiting_;
  std::vector<Append> appends_;
  std::unordered_map<std::uint64_t, InFlight> in_flight_;
  std::uint64_t last_token_ = 0;

  std::mutex reports_mutex_;
  std::condition_variable reports_;
  std::size_t unreported_ = 0;  ///< Appends that the log has and has not reported.
};

}  // namespace

std::unique_ptr<http::Service> make_webhook_service(const WebhookContext& context, http::Responder& responder) {
  return std::make_unique<WebhookService>(context, responder);
}

http::Response problem_response(unsigned status, std::string_view code, std::string_view title,
                                std::string_view detail) {
  http::Response response;
  response.status = status;
  response.content_type = kProblemType;
  response.body = problem_json(status, code, title, detail);
  if (status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

http::Response refusal_response(http::Refusal refusal) {
  const auto closing = [](http::Response response) {
    response.close = true;
    return response;
  };
  switch (refusal) {
    case http::Refusal::kBadRequest:
      return closing(problem_response(400, "bad-request", "The request is not valid HTTP/1.1"));
    case http::Refusal::kTimeout:
      return closing(problem_response(408, "timeout", "The request did not arrive in time"));
    case http::Refusal::kLengthRequired:
      return closing(problem_response(411, "length-required", "The request needs Content-Length or chunked coding"));
    case http::Refusal::kBodyTooLarge:
      return closing(problem_response(413, "body-too-large", "The body is over the limit"));
    case http::Refusal::kHeadTooLarge:
      return closing(problem_response(431, "headers-too-large", "The request head is over 16 KiB"));
    case http::Refusal::kOverloaded: return closing(problem_response(503, "overloaded", "Too many connections"));
    case http::Refusal::kStopping: return closing(problem_response(503, "stopping", "The server is stopping"));
  }
  return closing(problem_response(503, "overloaded", "Try again"));
}

}  // namespace hookledger
