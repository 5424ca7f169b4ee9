#include "replay/redelivery/outbound.h"

#include <algorithm>

#include "schemas/crypto.h"
#include "schemas/standard_webhooks.h"
#include "schemas/text.h"

namespace hookledger {
namespace {

constexpr std::size_t kValueBytesMax = 1024, kDeliveryIdBytesMax = 255;

bool is_visible(char c) { return c > 0x20 && c < 0x7F; }

/// `%XX` for `%`, for what is not visible, and for what is in `more`.
std::string escape(std::string_view text, std::string_view more = {}) {
  const auto stays = [&](char c) { return is_visible(c) && c != '%' && more.find(c) == std::string_view::npos; };
  if (std::ranges::all_of(text, stays)) return std::string(text);
  std::string out;
  for (const char c : text) {
    if (stays(c)) {
      out += c;
    } else {
      out.append(1, '%').append(encode_hex({&c, 1}));
    }
  }
  return out;
}

class Headers {
 public:
  Headers() { all_.reserve(20); }

  void add(std::string_view name, std::string value) {
    if (!value.empty()) all_.emplace_back(name, std::move(value));
  }
  /// As it once came in a header; left out when none may hold it.
  void add_original(std::string_view name, std::string_view value) {
    const bool fits = std::ranges::all_of(value, [](char c) { return is_visible(c) || c == ' '; });
    if (fits) add(name, std::string(value));
  }
  std::vector<std::pair<std::string_view, std::string>> take() { return std::move(all_); }

 private:
  std::vector<std::pair<std::string_view, std::string>> all_;
};

/// Those of the sender, so that the application can verify it as if it had been there. Of Standard Webhooks they have
/// other names: the usual ones are ours.
void add_evidence(const RecordView& record, Headers& headers) {
  const std::string_view kind = record.source_kind();
  if (kind == "telnyx") {
    headers.add_original("telnyx-signature-ed25519", record.signature);
    headers.add_original("telnyx-timestamp", record.signed_at);
  } else if (kind == "twilio") {
    headers.add_original("x-twilio-signature", record.signature);
    headers.add_original("hookledger-original-url", record.signed_with);
  } else if (kind == "standard") {
    headers.add_original("hookledger-original-webhook-id", record.signed_with);
    headers.add_original("hookledger-original-webhook-timestamp", record.signed_at);
    headers.add_original("hookledger-original-webhook-signature", record.signature);
  }
}

}  // namespace

OutboundRequest make_outbound(const RecordView& record, const OutboundAttempt& attempt, std::string_view key) {
  Headers headers;
  headers.add_original("content-type", record.content_type);
  add_evidence(record, headers);
  if (key.empty()) {
    headers.add("webhook-id", delivery_id(record.source, record.id));
  } else {
    auto own = sign_webhook(key, delivery_id(record.source, record.id), attempt.at, record.body);
    headers.add("webhook-id", std::move(own.id));
    headers.add("webhook-timestamp", std::move(own.timestamp));
    headers.add("webhook-signature", std::move(own.signature));
  }
  headers.add("hookledger-event-id", header_value(record.id));
  headers.add("hookledger-source", header_value(record.source));
  headers.add("hookledger-type", header_value(record.type));
  headers.add("hookledger-call", header_value(record.call_id()));
  headers.add("hookledger-partition", std::to_string(attempt.place.partition));
  headers.add("hookledger-offset", std::to_string(attempt.place.offset));
  headers.add("hookledger-attempt", std::to_string(attempt.attempt));
  headers.add("hookledger-replay", attempt.is_replay ? "true" : "false");
  headers.add("hookledger-provenance", std::string(to_string(record.provenance)));
  return {headers.take(), record.body};
}

std::string delivery_id(std::string_view source, std::string_view event_id) {
  std::string id = escape(source, ".:") + ":" + escape(event_id, ".");
  if (id.size() <= kDeliveryIdBytesMax) return id;
  return "blake2b:" + blake2b_256_hex(id);
}

std::string header_value(std::string_view text) {
  std::string value = escape(text);
  if (value.size() <= kValueBytesMax) return value;
  return "blake2b:" + blake2b_256_hex(text);
}

}  // namespace hookledger
