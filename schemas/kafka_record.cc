#include "schemas/kafka_record.h"

#include <algorithm>
#include <array>

#include "schemas/text.h"

namespace hookledger {
namespace {

constexpr std::string_view kSourcePrefix = "/sources/";
constexpr std::string_view kUnknownContentType = "application/octet-stream";
constexpr std::size_t kHeadersMax = 18;

/// Nothing when there is no such header.
std::optional<std::string_view> find(const std::vector<MessageHeader>& headers, std::string_view name) {
  for (const auto& [other, value] : headers) {
    if (other == name) return value;
  }
  return std::nullopt;
}

}  // namespace

const std::vector<MessageHeader>& RecordHeaders::of(const RecordView& record) {
  headers_.clear();
  headers_.reserve(kHeadersMax);
  text_.clear();
  text_.reserve(kSourcePrefix.size() + record.source.size() + 96);  // So that views into it stay.
  const auto keep = [this](std::string_view text) {
    const std::size_t at = text_.size();
    text_.append(text);
    return std::string_view(text_).substr(at);
  };
  const auto add = [this](std::string_view name, std::string_view value) {
    if (!value.empty()) headers_.emplace_back(name, value);
  };
  add("ce_specversion", "1.0");
  add("ce_id", record.id);
  const std::size_t source_at = text_.size();
  keep(kSourcePrefix);
  keep(record.source);
  add("ce_source", std::string_view(text_).substr(source_at));
  add("ce_type", record.type);
  if (record.timed) add("ce_time", keep(format_time(record.occurred_at)));
  add("ce_subject", record.leg_id);
  add("ce_partitionkey", record.key);
  add("content-type", record.content_type.empty() ? kUnknownContentType : record.content_type);
  add("ce_receivedat", keep(format_time(record.received_at)));
  add("ce_signature", record.signature);
  add("ce_signedat", record.signed_at);
  add("ce_keyid", record.key_id);
  add("ce_sourcekind", record.kind);
  add("ce_signedwith", record.signed_with);
  add("ce_recoveredfrom", record.recovered_from);
  if (record.attempt != 0) add("ce_attempt", keep(std::to_string(record.attempt)));
  add("ce_provenance", to_string(record.provenance));
  return headers_;
}

const RecordView& MessageReader::record(const MessageView& message) {
  if (!read(message)) read_foreign(message);
  return record_;
}

bool MessageReader::read(const MessageView& message) {
  const auto text = [&](std::string_view name) { return find(message.headers, name).value_or(std::string_view()); };
  record_ = {};
  const std::string_view source = text("ce_source");
  const auto received_at = parse_time(text("ce_receivedat"));
  const auto provenance = parse_provenance(text("ce_provenance"));
  if (text("ce_specversion") != "1.0" || !source.starts_with(kSourcePrefix) || !received_at || !provenance)
    return false;
  record_.id = text("ce_id");
  record_.source = source.substr(kSourcePrefix.size());
  record_.type = text("ce_type");
  record_.key = message.key;
  if (record_.id.empty() || record_.source.empty() || record_.type.empty() || record_.key.empty()) return false;
  record_.leg_id = text("ce_subject");
  record_.content_type = text("content-type");
  if (record_.content_type == kUnknownContentType) record_.content_type = {};
  record_.signature = text("ce_signature");
  record_.signed_at = text("ce_signedat");
  record_.key_id = text("ce_keyid");
  record_.kind = text("ce_sourcekind");
  record_.signed_with = text("ce_signedwith");
  record_.recovered_from = text("ce_recoveredfrom");
  record_.received_at = record_.occurred_at = *received_at;
  record_.provenance = *provenance;
  if (const auto time = find(message.headers, "ce_time")) {
    const auto occurred_at = parse_time(*time);
    if (!occurred_at) return false;
    record_.occurred_at = *occurred_at;
    record_.timed = true;
  }
  if (const auto count = find(message.headers, "ce_attempt")) {
    const auto attempt = parse_unsigned(*count);
    if (!attempt || *attempt > UINT32_MAX) return false;
    record_.attempt = static_cast<std::uint32_t>(*attempt);
  }
  record_.body = message.value;
  // The key is the call id, else the device id, else the event id. Events of the default kind name no device, so of
  // them the body is only asked when call id and event id are the same.
  const bool may_be_another_id = !record_.kind.empty() || record_.key == record_.id;
  record_.in_call = record_.type != kUnrecognisedType &&
                    (!may_be_another_id || readers_.of(record_.kind).head(body_of(record_)).call_id == record_.key);
  return true;
}

void MessageReader::read_foreign(const MessageView& message) {
  foreign_id_ = "kafka:" + std::to_string(message.place.partition) + "/" + std::to_string(message.place.offset);
  record_ = {};
  record_.id = record_.key = foreign_id_;
  record_.source = kForeignSource;
  record_.type = kUnrecognisedType;
  record_.received_at = record_.occurred_at = message.appended_at;
  record_.provenance = Provenance::kImported;
  record_.body = message.value;
}

}  // namespace hookledger
