#include "projector/cursor.h"

#include <algorithm>

#include "schemas/codec.h"
#include "schemas/text.h"

namespace hookledger {
namespace {

std::string to_url(std::string_view bytes) {
  std::string text = encode_base64(bytes);
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  text.erase(text.find_last_not_of('=') + 1);
  return text;
}

std::optional<std::string> from_url(std::string_view cursor) {
  if (cursor.empty() || cursor.find_first_of("+/=") != std::string_view::npos) return std::nullopt;
  std::string text(cursor);
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  text.append((4 - text.size() % 4) % 4, '=');
  return decode_base64(text);
}

}  // namespace

std::string encode_cursor(const CallPosition& position) {
  return to_url(state_key::newest_first(position.first_at, position.call_id));
}

std::optional<CallPosition> decode_call_cursor(std::string_view cursor) {
  const auto bytes = from_url(cursor);
  return bytes ? parse_position(*bytes) : std::nullopt;
}

std::string encode_cursor(const FindingPosition& position) {
  std::string bytes;
  Encoder encoder(bytes);
  encoder.zigzag(position.opened_at.time_since_epoch().count());
  encoder.string(position.rule);
  encoder.string(position.id);
  return to_url(bytes + state_key::newest_first(position.call.first_at, position.call.call_id));
}

std::optional<FindingPosition> decode_finding_cursor(std::string_view cursor) {
  const auto bytes = from_url(cursor);
  if (!bytes) return std::nullopt;
  Decoder decoder(*bytes);
  FindingPosition position;
  position.opened_at = Time(Duration(decoder.zigzag()));
  position.rule = decoder.string();
  position.id = decoder.string();
  const auto call = parse_position(std::string_view(*bytes).substr(bytes->size() - decoder.left()));
  if (!decoder.ok() || !call) return std::nullopt;
  position.call = *call;
  return position;
}

}  // namespace hookledger
