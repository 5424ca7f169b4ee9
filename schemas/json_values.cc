#include "schemas/json_values.h"

#include <algorithm>
#include <bitset>
#include <optional>
#include <simdjson.h>

#include "schemas/sources/on_demand.h"

namespace hookledger {
namespace {

namespace dom = simdjson::dom;
namespace ondemand = simdjson::ondemand;

void add_scalar(const dom::element& value, std::uint32_t slot, FieldValues& values) {
  switch (value.type()) {
    case dom::element_type::STRING: return values.add(slot, FieldValue::Kind::kText, value.get_string().value_unsafe());
    case dom::element_type::INT64:
    case dom::element_type::UINT64:
    case dom::element_type::DOUBLE: return values.add(slot, FieldValue::Kind::kNumber, simdjson::to_string(value));
    case dom::element_type::BOOL:
      return values.add(slot, FieldValue::Kind::kBoolean, value.get_bool().value_unsafe() ? "true" : "false");
    default: return;
  }
}

std::optional<dom::element> at(const dom::element& root, std::string_view pointer) {
  dom::element found;
  if (root.at_pointer(pointer).get(found) != simdjson::SUCCESS) return std::nullopt;
  return found;
}

/// Of any pointers, from the tree of the whole body.
void add_from_tree(const dom::element& root, std::span<const std::string_view> bases,
                   std::span<const std::string> pointers, std::span<const std::uint32_t> slots, FieldValues& values) {
  for (const std::string_view base : bases) {
    const auto carried = at(root, base);
    if (!carried || !carried->is_object()) continue;
    for (const std::uint32_t slot : slots) {
      if (const auto found = at(*carried, pointers[slot])) add_scalar(*found, slot, values);
    }
    return;
  }
}

/// Does the pointer name a member of the object itself, and as it stands there?
bool is_flat(std::string_view pointer) {
  return pointer.rfind('/') == 0 && pointer.find('~') == std::string_view::npos;
}

/// The first member of the name, when it is an object.
std::optional<ondemand::object> enter(ondemand::object object, std::string_view name) {
  for (auto field : object) {
    if (key_of(field) != name) continue;
    ondemand::value value = field.value();
    return value.type() == ondemand::json_type::object ? std::optional(value.get_object().value()) : std::nullopt;
  }
  return std::nullopt;
}

std::optional<ondemand::object> enter(ondemand::document& document, std::string_view base) {
  document.rewind();
  std::optional<ondemand::object> object = document.get_object().value();
  while (object && !base.empty()) {
    base.remove_prefix(1);
    object = enter(*object, base.substr(0, base.find('/')));
    base.remove_prefix(std::min(base.size(), base.find('/')));
  }
  return object;
}

void add_scalar(ondemand::value value, std::uint32_t slot, dom::parser& parser, FieldValues& values) {
  const ondemand::json_type type = value.type();
  std::string_view text;
  if (type == ondemand::json_type::string && value.get_string().get(text) == simdjson::SUCCESS)
    return values.add(slot, FieldValue::Kind::kText, text);
  if (type != ondemand::json_type::number && type != ondemand::json_type::boolean) return;
  dom::element element;
  const std::string_view token = value.raw_json_token();
  if (parser.parse(token.data(), token.size()).get(element) == simdjson::SUCCESS) add_scalar(element, slot, values);
}

/// Of pointers that are flat, without a tree: in one pass over the body.
void add_flat(ondemand::document& document, std::span<const std::string_view> bases,
              std::span<const std::string> pointers, std::span<const std::uint32_t> slots, dom::parser& parser,
              std::vector<std::uint32_t>& left, FieldValues& values) {
  std::optional<ondemand::object> carried;
  for (std::size_t i = 0; i < bases.size() && !carried; ++i) carried = enter(document, bases[i]);
  if (!carried) return;
  left.assign(slots.begin(), slots.end());
  std::bitset<64> lengths;  // Few keys are as long as one that is wanted.
  for (const std::uint32_t slot : slots) lengths.set((pointers[slot].size() - 1) % lengths.size());
  for (auto field : *carried) {
    const std::string_view key = key_of(field);
    if (!lengths[key.size() % lengths.size()]) continue;
    const auto slot = std::ranges::find_if(
        left, [&](std::uint32_t each) { return std::string_view(pointers[each]).substr(1) == key; });
    if (slot == left.end()) continue;
    add_scalar(field.value(), *slot, parser, values);
    left.erase(slot);
    if (left.empty()) break;
  }
}

}  // namespace

struct JsonValues::Parsers {
  BodyParser body;
  dom::parser tree;
  std::vector<std::uint32_t> left;  ///< Slots that are not read yet.
};

JsonValues::JsonValues() : parsers_(std::make_unique<Parsers>()) {}
JsonValues::~JsonValues() = default;

void JsonValues::add(std::string_view json, std::span<const std::string_view> bases,
                     std::span<const std::string> pointers, std::span<const std::uint32_t> slots, FieldValues& values) {
  dom::parser& tree = parsers_->tree;
  try {
    if (std::ranges::all_of(slots, [&](std::uint32_t slot) { return is_flat(pointers[slot]); })) {
      ondemand::document document = parsers_->body.iterate(json);
      return add_flat(document, bases, pointers, slots, tree, parsers_->left, values);
    }
    if (tree.capacity() > BodyParser::kKeptBytesMax) tree = dom::parser();
    add_from_tree(tree.parse(json.data(), json.size()), bases, pointers, slots, values);
  } catch (const simdjson::simdjson_error&) {
    // What was read until here is true.
  }
}

}  // namespace hookledger
