#include "replay/redelivery/letter_box.h"

#include <algorithm>

#include "replay/presentation.h"
#include "schemas/json_members.h"
#include "schemas/text.h"

namespace hookledger {
namespace {

/// Letters that are looked at at once.
constexpr std::size_t kPageMax = 500;

/// Of the subscriptions that are meant, in order of their names.
Result<LetterBoxes> chosen(const LetterBoxes& boxes, const LetterChoice& choice) {
  LetterBoxes found;
  for (const auto& box : boxes) {
    if (choice.subscription.empty() || box->name() == choice.subscription) found.push_back(box);
  }
  if (found.empty() && !choice.subscription.empty()) {
    return Error{ErrorCode::kNotFound, "no subscription '" + printable(choice.subscription) + "' here"};
  }
  std::ranges::stable_sort(found, {}, [](const auto& box) { return box->name(); });
  return found;
}

/// Where a page begins.
struct Cursor {
  std::string subscription;
  Place place;
};

std::string text_of(const Cursor& cursor) { return cursor.subscription + "/" + format_place(cursor.place); }

std::optional<Cursor> parse_cursor(std::string_view text) {
  const auto slash = text.find('/');
  const auto place = slash == std::string_view::npos ? std::nullopt : parse_place(text.substr(slash + 1));
  if (!place) return std::nullopt;
  return Cursor{std::string(text.substr(0, slash)), *place};
}

/// Of one subscription, in order of place: from `first` on, or at `place` alone.
Result<std::vector<DeadLetter>> letters_of(const LetterBoxes& boxes, Place first, const std::optional<Place>& place,
                                           std::size_t max) {
  std::vector<DeadLetter> all;
  for (const auto& box : boxes) {
    auto letters = box->letters(place ? std::max(first, *place) : first, max);
    if (!letters) return letters.error();
    std::move(letters->begin(), letters->end(), std::back_inserter(all));
  }
  if (place) std::erase_if(all, [&](const DeadLetter& letter) { return letter.place != *place; });
  std::ranges::sort(all, {}, &DeadLetter::place);
  if (all.size() > max) all.erase(all.begin() + static_cast<std::ptrdiff_t>(max), all.end());
  return all;
}

NamedLetter read_letter(Members from) {
  NamedLetter named;
  DeadLetter& letter = named.letter;
  named.subscription = from.text("subscription");
  letter.place.partition = static_cast<std::uint32_t>(from.count("partition"));
  letter.place.offset = from.count("offset");
  letter.id = from.text("id");
  letter.source = from.text("source");
  letter.type = from.text("type");
  letter.call = from.text("call_id");
  letter.attempts = static_cast<std::uint32_t>(from.count("attempts"));
  letter.answer = from.text("answer");
  letter.given_up_at = from.time("given_up_at");
  letter.retry = from.boolean("retry");
  return named;
}

void write_json(JsonWriter& json, const NamedLetter& named) {
  const DeadLetter& letter = named.letter;
  json.begin_object();
  json.member("subscription", named.subscription);
  json.key("partition");
  json.number(std::uint64_t{letter.place.partition});
  json.key("offset");
  json.number(letter.place.offset);
  json.member("id", letter.id);
  json.member("source", letter.source);
  json.member("type", letter.type);
  json.member("call_id", letter.call);
  json.key("attempts");
  json.number(std::uint64_t{letter.attempts});
  json.member("answer", letter.answer);
  json.member("given_up_at", letter.given_up_at);
  json.key("retry");
  json.boolean(letter.retry);
  json.end_object();
}

Error not_understood(const Fault& fault) {
  return {ErrorCode::kInvalid, "the answer is not one about dead letters: `" + fault.where +
                                   "` is missing or wrong; check that --url is a hookledger API"};
}

}  // namespace

Result<Page<NamedLetter>> list_letters(const LetterBoxes& boxes, const LetterChoice& choice,
                                       const PageRequest& request) {
  const auto found = chosen(boxes, choice);
  if (!found) return found.error();
  const auto from = request.cursor.empty() ? Cursor() : parse_cursor(request.cursor);
  if (!from) return Error{ErrorCode::kInvalid, "the cursor is none"};
  Page<NamedLetter> page;
  for (auto box = found->begin(); box != found->end();) {
    // Several boxes may be of one subscription: of different partitions.
    const std::string& name = (*box)->name();
    const auto end = std::find_if(box, found->end(), [&](const auto& other) { return other->name() != name; });
    if (name >= from->subscription) {
      const Place first = name == from->subscription ? from->place : Place();
      auto letters = letters_of({box, end}, first, choice.place, request.limit + 1 - page.items.size());
      if (!letters) return letters.error();
      for (DeadLetter& letter : *letters) {
        if (page.items.size() == request.limit) {
          page.next = text_of({name, letter.place});
          return page;
        }
        page.items.push_back({name, std::move(letter)});
      }
    }
    box = end;
  }
  return page;
}

std::string_view to_string(LetterAction action) { return action == LetterAction::kRetry ? "retry" : "drop"; }

Result<std::uint64_t> change_letters(const LetterBoxes& boxes, const LetterChoice& choice, LetterAction action) {
  const auto found = chosen(boxes, choice);
  if (!found) return found.error();
  std::uint64_t changed = 0;
  for (const auto& box : *found) {
    for (PageRequest request{.limit = kPageMax, .cursor = {}};;) {
      const auto page = list_letters({box}, {{}, choice.place}, request);
      if (!page) return page.error();
      for (const NamedLetter& named : page->items) {
        const Place place = named.letter.place;
        const auto done = action == LetterAction::kRetry ? box->retry(place) : box->drop(place);
        if (!done) return done.error();
        changed += *done ? 1 : 0;
      }
      request.cursor = page->next;
      if (request.cursor.empty()) break;
    }
  }
  if (changed == 0 && choice.place) {
    return Error{ErrorCode::kNotFound, "no dead letter at " + format_place(*choice.place)};
  }
  return changed;
}

std::optional<Place> parse_place(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto partition = parse_unsigned(text.substr(0, slash)), offset = parse_unsigned(text.substr(slash + 1));
  if (!partition || *partition > UINT32_MAX || !offset) return std::nullopt;
  return Place{static_cast<std::uint32_t>(*partition), *offset};
}

std::string to_json(const NamedLetter& letter) {
  JsonWriter json;
  write_json(json, letter);
  return std::string(json.view());
}

std::string to_json(const Page<NamedLetter>& page) {
  JsonWriter json;
  json.begin_object();
  json.key("items");
  json.begin_array();
  for (const NamedLetter& letter : page.items) write_json(json, letter);
  json.end_array();
  json.member("next_cursor", page.next);
  json.end_object();
  return std::string(json.view());
}

Result<Page<NamedLetter>> parse_letter_list(std::string_view json) {
  Page<NamedLetter> page;
  Fault fault;
  const bool read = read_json_object(json, fault, [&](Members answer) {
    answer.objects("items", [&](Members item) { page.items.push_back(read_letter(item)); });
    page.next = answer.text("next_cursor");
  });
  if (!read || !fault.where.empty()) return not_understood(fault);
  return page;
}

Result<std::uint64_t> parse_letter_count(std::string_view json) {
  std::uint64_t count = 0;
  Fault fault;
  const bool read = read_json_object(json, fault, [&](Members answer) { count = answer.count("count"); });
  if (!read || !fault.where.empty()) return not_understood(fault);
  return count;
}

}  // namespace hookledger
