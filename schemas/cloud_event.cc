#include "schemas/cloud_event.h"

#include <algorithm>
#include <array>
#include <map>
#include <simdjson.h>

#include "schemas/json.h"
#include "schemas/sources/event_readers.h"
#include "schemas/text.h"

namespace hookledger {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::string_view kSourcePrefix = "/sources/";
constexpr std::string_view kUnknownContentType = "application/octet-stream";
constexpr std::array<std::string_view, 15> kTextAttributes{
    "specversion", "id",         "source",     "type",       "time",       "datacontenttype",
    "signature",   "signedat",   "keyid",      "sourcekind", "signedwith", "recoveredfrom",
    "receivedat",  "provenance", "data_base64"};

/// By name; null counts as absent. `data` is JSON text.
using Attributes = std::map<std::string, std::optional<std::string>, std::less<>>;

Error invalid(std::string_view what) { return {ErrorCode::kInvalid, "Not a CloudEvent of ours: " + std::string(what)}; }

/// The value's JSON text; white space may follow it.
simdjson::simdjson_result<std::string_view> json_of(ondemand::value& value, ondemand::json_type type) {
  if (type == ondemand::json_type::object) {
    ondemand::object object;
    if (const auto error = value.get_object().get(object)) return error;
    return object.raw_json();
  }
  if (type == ondemand::json_type::array) {
    ondemand::array array;
    if (const auto error = value.get_array().get(array)) return error;
    return array.raw_json();
  }
  return value.raw_json_token();
}

std::string_view without_trailing_space(std::string_view json) {
  while (!json.empty() && std::string_view(" \t\n\r").find(json.back()) != std::string_view::npos)
    json.remove_suffix(1);
  return json;
}

/// Of JSON that is known to be valid. The first of two members with one name counts.
Result<Attributes> read_attributes(std::string_view line) {
  const simdjson::padded_string padded(line);
  ondemand::parser parser;
  ondemand::document document;
  ondemand::object object;
  if (parser.iterate(padded).get(document) || document.get_object().get(object)) {
    return invalid("it is not a JSON object.");
  }
  Attributes attributes;
  for (auto field : object) {
    std::string_view name, text;
    ondemand::value value;
    ondemand::json_type type;
    if (field.unescaped_key().get(name)) return invalid("a member's name cannot be read.");
    const bool is_text = std::ranges::find(kTextAttributes, name) != kTextAttributes.end();
    if (!is_text && name != "data") continue;
    const auto [slot, is_first] = attributes.try_emplace(std::string(name));
    if (field.value().get(value) || value.type().get(type)) return invalid("'" + slot->first + "' cannot be read.");
    if (!is_first || type == ondemand::json_type::null) continue;
    if (is_text && type != ondemand::json_type::string) return invalid("'" + slot->first + "' is not a string.");
    if (is_text ? value.get_string().get(text) : json_of(value, type).get(text)) {
      return invalid("'" + slot->first + "' cannot be read.");
    }
    slot->second = std::string(is_text ? text : without_trailing_space(text));
  }
  return attributes;
}

/// Takes the attribute; empty when it is absent.
std::string take(Attributes& attributes, std::string_view name) {
  const auto found = attributes.find(name);
  if (found == attributes.end() || !found->second) return {};
  return std::move(*found->second);
}

bool has(const Attributes& attributes, std::string_view name) {
  const auto found = attributes.find(name);
  return found != attributes.end() && found->second.has_value();
}

Result<std::string> take_source(Attributes& attributes) {
  const std::string source = take(attributes, "source");
  const bool plain = std::ranges::all_of(source, [](char c) { return c > 0x20 && c < 0x7F; });
  const std::string name = source.starts_with(kSourcePrefix) ? source.substr(kSourcePrefix.size()) : std::string();
  if (!plain || name.empty() || name.find('/') != std::string::npos) return invalid("'source' is not '/sources/NAME'.");
  return name;
}

Result<std::string> take_body(Attributes& attributes) {
  if (has(attributes, "data") == has(attributes, "data_base64")) {
    return invalid("it must have one of 'data_base64' and 'data'.");
  }
  if (has(attributes, "data")) return take(attributes, "data");
  auto body = decode_base64(take(attributes, "data_base64"));
  if (!body) return invalid("'data_base64' is not base64 (standard alphabet, padded).");
  return std::move(*body);
}

/// What came in a request's header has no control characters.
bool header_text(std::string_view text) {
  return std::ranges::none_of(text, [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7F; });
}

}  // namespace

std::string to_cloud_event(const RecordView& record, const std::optional<Place>& place) {
  JsonWriter out;
  const auto present = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) out.member(name, value);
  };
  out.begin_object();
  out.member("specversion", "1.0");
  out.member("id", record.id);
  out.member("source", std::string(kSourcePrefix).append(record.source));
  out.member("type", record.type);
  out.member("time", record.occurred_at);
  present("subject", record.leg_id);
  present("partitionkey", record.key);
  out.member("datacontenttype", record.content_type.empty() ? kUnknownContentType : record.content_type);
  out.member("receivedat", record.received_at);
  present("signature", record.signature);
  present("signedat", record.signed_at);
  present("keyid", record.key_id);
  present("sourcekind", record.kind);
  present("signedwith", record.signed_with);
  present("recoveredfrom", record.recovered_from);
  if (record.attempt != 0) {
    out.key("attempt");
    out.number(std::uint64_t{record.attempt});
  }
  out.member("provenance", to_string(record.provenance));
  if (place) {
    out.member("partition", std::to_string(place->partition));
    out.member("offset", std::to_string(place->offset));
  }
  out.key("data_base64");
  out.string(encode_base64(record.body));
  out.end_object();
  return std::string(out.view());
}

Result<CloudEvent> parse_cloud_event(std::string_view line) {
  if (line.size() > kCloudEventBytesMax) return invalid("it is longer than 128 MiB.");
  if (!is_json(line)) return invalid("it is not JSON.");
  auto attributes = read_attributes(line);
  if (!attributes) return attributes.error();

  if (take(*attributes, "specversion") != "1.0") return invalid("'specversion' is not '1.0'.");
  CloudEvent event;
  event.id = take(*attributes, "id");
  if (event.id.empty()) return invalid("'id' is missing.");
  auto source = take_source(*attributes);
  if (!source) return source.error();
  event.source = std::move(*source);
  event.type = take(*attributes, "type");

  event.content_type = take(*attributes, "datacontenttype");
  event.signature = take(*attributes, "signature");
  event.signed_at = take(*attributes, "signedat");
  event.key_id = take(*attributes, "keyid");
  event.kind = has(*attributes, "sourcekind") ? take(*attributes, "sourcekind") : std::string(kDefaultKind);
  event.signed_with = take(*attributes, "signedwith");
  event.recovered_from = take(*attributes, "recoveredfrom");
  for (const std::string* text : {&event.content_type, &event.signature, &event.signed_at, &event.key_id,
                                  &event.signed_with, &event.recovered_from}) {
    if (!header_text(*text)) {
      return invalid(
          "'datacontenttype', 'signature', 'signedat', 'keyid', 'signedwith' or 'recoveredfrom' holds control "
          "characters.");
    }
  }
  if (make_event_reader(event.kind) == nullptr) return invalid("'sourcekind' is none that this version reads.");

  if (has(*attributes, "receivedat")) {
    event.received_at = parse_time(take(*attributes, "receivedat"));
    if (!event.received_at) return invalid("'receivedat' is not an RFC 3339 time.");
  }
  event.occurred_at = parse_time(take(*attributes, "time"));
  if (has(*attributes, "provenance")) {
    const auto provenance = parse_provenance(take(*attributes, "provenance"));
    if (!provenance) return invalid("'provenance' is none of delivered, imported, recovered, synthetic.");
    event.provenance = *provenance;
  }

  auto body = take_body(*attributes);
  if (!body) return body.error();
  event.body = std::move(*body);
  return event;
}

}  // namespace hookledger
