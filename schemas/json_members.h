#pragma once

#include <initializer_list>
#include <optional>
#include <simdjson.h>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/json.h"
#include "schemas/time.h"

namespace hookledger {

/// The first thing that was wrong with a document. After it, every read gives an empty value.
struct Fault {
  std::string where;
  void note(std::string_view name) {
    if (where.empty()) where = name;
  }
};

/// The members of one object, by name, in any order. A wrong or missing one is noted in the fault.
class Members {
 public:
  Members(simdjson::ondemand::object object, Fault& fault) : object_(object), fault_(fault) {}

  /// Empty for null.
  std::string text(std::string_view name) {
    simdjson::ondemand::value value;
    std::string_view text;
    if (!find(name, value) || is_null(name, value)) return {};
    if (value.get_string().get(text) != simdjson::SUCCESS) fault_.note(name);
    return std::string(text);
  }

  /// Of a text, or a number as it stands; empty for all else. Never a fault.
  std::string loose_text(std::string_view name) {
    simdjson::ondemand::value value;
    simdjson::ondemand::json_type type;
    if (!fault_.where.empty() || object_.find_field_unordered(name).get(value) != simdjson::SUCCESS) return {};
    if (value.type().get(type) != simdjson::SUCCESS) return {};
    std::string_view text;
    if (type == simdjson::ondemand::json_type::number) return minify_json(value.raw_json_token());
    if (type != simdjson::ondemand::json_type::string || value.get_string().get(text) != simdjson::SUCCESS) return {};
    return std::string(text);
  }

  std::optional<Time> time_or_null(std::string_view name) {
    const std::string written = text(name);
    if (written.empty()) return std::nullopt;
    const std::optional<Time> time = parse_time(written);
    if (!time) fault_.note(name);
    return time;
  }

  Time time(std::string_view name) {
    const std::optional<Time> time = time_or_null(name);
    if (!time) fault_.note(name);
    return time.value_or(Time());
  }

  std::optional<std::int64_t> integer_or_null(std::string_view name) {
    simdjson::ondemand::value value;
    std::int64_t number = 0;
    if (!find(name, value) || is_null(name, value)) return std::nullopt;
    if (value.get_int64().get(number) != simdjson::SUCCESS) fault_.note(name);
    return number;
  }

  std::uint64_t count(std::string_view name, std::uint64_t max = UINT64_MAX) {
    simdjson::ondemand::value value;
    std::uint64_t number = 0;
    if (!find(name, value)) return 0;
    if (value.get_uint64().get(number) != simdjson::SUCCESS || number > max) fault_.note(name);
    return number;
  }

  bool boolean(std::string_view name) {
    simdjson::ondemand::value value;
    bool answer = false;
    if (find(name, value) && value.get_bool().get(answer) != simdjson::SUCCESS) fault_.note(name);
    return answer;
  }

  /// One of `values`, by its `to_string`.
  template <class T>
  T one_of(std::string_view name, std::initializer_list<T> values) {
    const std::string written = text(name);
    for (const T value : values) {
      if (to_string(value) == written) return value;
    }
    fault_.note(name);
    return *values.begin();
  }

  /// The text of a JSON value; nothing when the member is absent.
  std::optional<std::string> json(std::string_view name) {
    simdjson::ondemand::value value;
    std::string_view raw;
    if (!fault_.where.empty() || object_.find_field_unordered(name).get(value) != simdjson::SUCCESS)
      return std::nullopt;
    if (simdjson::to_json_string(value).get(raw) != simdjson::SUCCESS) {
      fault_.note(name);
      return std::nullopt;
    }
    return minify_json(raw);
  }

  template <class Use>
  void object(std::string_view name, const Use& use) {
    simdjson::ondemand::value value;
    simdjson::ondemand::object object;
    if (!find(name, value)) return;
    if (value.get_object().get(object) != simdjson::SUCCESS) return fault_.note(name);
    use(Members(object, fault_));
  }

  template <class Use>
  void objects(std::string_view name, const Use& use) {
    each(name, [&](simdjson::ondemand::value item) {
      simdjson::ondemand::object object;
      if (item.get_object().get(object) != simdjson::SUCCESS) return fault_.note(name);
      use(Members(object, fault_));
    });
  }

  /// The texts of an array's elements.
  /// At most `max`: the first.
  std::vector<std::string> jsons(std::string_view name, std::size_t max = SIZE_MAX) {
    std::vector<std::string> out;
    each(name, [&](simdjson::ondemand::value item) {
      if (out.size() == max) return;
      std::string_view raw;
      if (simdjson::to_json_string(item).get(raw) != simdjson::SUCCESS) return fault_.note(name);
      out.push_back(minify_json(raw));
    });
    return out;
  }

  std::vector<std::uint64_t> counts(std::string_view name) {
    std::vector<std::uint64_t> out;
    each(name, [&](simdjson::ondemand::value item) {
      std::uint64_t number = 0;
      if (item.get_uint64().get(number) != simdjson::SUCCESS) return fault_.note(name);
      out.push_back(number);
    });
    return out;
  }

  std::vector<std::string> texts(std::string_view name) {
    std::vector<std::string> out;
    each(name, [&](simdjson::ondemand::value item) {
      std::string_view text;
      if (item.get_string().get(text) != simdjson::SUCCESS) return fault_.note(name);
      out.emplace_back(text);
    });
    return out;
  }

  /// `use(name, text)` for every member that is a string.
  template <class Use>
  void every_text(const Use& use) {
    for (auto field : object_) {
      std::string_view name, text;
      if (field.unescaped_key().get(name) != simdjson::SUCCESS) return;
      if (field.value().get_string().get(text) == simdjson::SUCCESS) use(name, text);
    }
  }

 private:
  bool find(std::string_view name, simdjson::ondemand::value& value) {
    if (!fault_.where.empty()) return false;
    if (object_.find_field_unordered(name).get(value) == simdjson::SUCCESS) return true;
    fault_.note(name);
    return false;
  }

  bool is_null(std::string_view name, simdjson::ondemand::value& value) {
    bool answer = false;
    if (value.is_null().get(answer) != simdjson::SUCCESS) fault_.note(name);
    return answer;
  }

  template <class Use>
  void each(std::string_view name, const Use& use) {
    simdjson::ondemand::value value;
    simdjson::ondemand::array array;
    if (!find(name, value)) return;
    if (value.get_array().get(array) != simdjson::SUCCESS) return fault_.note(name);
    for (auto item : array) {
      simdjson::ondemand::value element;
      if (std::move(item).get(element) != simdjson::SUCCESS) return fault_.note(name);
      use(element);
      if (!fault_.where.empty()) return;
    }
  }

  simdjson::ondemand::object object_;
  Fault& fault_;
};

/// Reads `json` with `use(Members)`; false when it is no JSON object. The whole text is checked first:
/// On-Demand looks fields up by what it skipped before, which is only safe on valid JSON.
template <class Use>
bool read_json_object(std::string_view json, Fault& fault, const Use& use) {
  // A body as deep as bodies may be stands some levels down in an answer.
  constexpr std::size_t kDepthMax = kJsonDepthMax + 16;
  if (!is_json(json, kDepthMax)) return false;
  const simdjson::padded_string padded(json);
  simdjson::ondemand::parser parser;
  if (parser.allocate(padded.size(), kDepthMax) != simdjson::SUCCESS) return false;
  simdjson::ondemand::document document;
  simdjson::ondemand::object object;
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS) return false;
  if (document.get_object().get(object) != simdjson::SUCCESS) return false;
  use(Members(object, fault));
  return true;
}

}  // namespace hookledger
