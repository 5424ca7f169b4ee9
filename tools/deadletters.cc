#include <filesystem>
#include <iostream>

#include "ingest/http/client.h"
#include "projector/projection_folder.h"
#include "projector/router.h"
#include "replay/answers.h"
#include "replay/presentation.h"
#include "replay/redelivery/letter_box.h"
#include "replay/redelivery/subscription_book.h"
#include "schemas/form.h"
#include "schemas/text.h"
#include "tools/command.h"
#include "tools/data_access.h"
#include "tools/paging.h"
#include "tools/table.h"

namespace hookledger {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kServerTimeout(600);
constexpr std::uint64_t kLettersMax = 1'000'000;

/// What is kept in a folder.
class BookBox final : public LetterBox {
 public:
  BookBox(std::string name, std::unique_ptr<SubscriptionBook> book) : name_(std::move(name)), book_(std::move(book)) {}

  const std::string& name() const override { return name_; }
  Result<std::vector<DeadLetter>> letters(Place from, std::size_t max) const override {
    return book_->letters(from, max);
  }
  Result<bool> retry(Place place) override { return book_->retry(place); }
  Result<bool> drop(Place place) override { return book_->drop(place); }

 private:
  const std::string name_;
  const std::unique_ptr<SubscriptionBook> book_;
};

/// Of a data dir: of all its partitions, where it is one of several projectors'.
std::vector<fs::path> states_in(const std::string& data_dir) {
  std::vector<fs::path> folders{data_dir};
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(data_dir, ignored)) {
    if (entry.path().filename().string().starts_with("partition-")) folders.push_back(entry.path());
  }
  return folders;
}

std::vector<fs::path> books_in(const std::string& data_dir) {
  std::vector<fs::path> folders;
  std::error_code ignored;
  for (const fs::path& state : states_in(data_dir)) {
    for (const auto& entry : fs::directory_iterator(state / "subscriptions", ignored)) folders.push_back(entry.path());
  }
  return folders;
}

Result<LetterBoxes> open_books(const std::string& data_dir, bool to_change) {
  LetterBoxes books;
  for (const fs::path& folder : books_in(data_dir)) {
    auto bytes =
        to_change ? open_key_value(folder.string(), KeyValueUse::kJournaled) : open_key_value_overlay(folder.string());
    if (!bytes) return bytes.error();
    auto book = SubscriptionBook::open(std::move(*bytes));
    if (!book) return book.error();
    books.push_back(std::make_shared<BookBox>(folder.filename().string(), std::move(*book)));
  }
  return books;
}

std::string target_of(std::string path, const LetterChoice& choice, const PageRequest& page) {
  QueryString query(std::move(path));
  query.add("subscription", choice.subscription);
  query.add("id", choice.place ? format_place(*choice.place) : std::string());
  query.add("limit", page.limit == 0 ? std::string() : std::to_string(page.limit));
  query.add("cursor", page.cursor);
  return query.text();
}

void print(const std::vector<NamedLetter>& letters, bool as_json) {
  if (as_json) {
    for (const NamedLetter& letter : letters) std::cout << to_json(letter) << '\n';
    return;
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& [subscription, letter] : letters) {
    rows.push_back({printable(subscription), format_place(letter.place), printable(letter.type), printable(letter.call),
                    printable(letter.id), std::to_string(letter.attempts), printable(letter.answer),
                    format_time(letter.given_up_at), letter.retry ? "to be delivered" : ""});
  }
  if (rows.empty()) {
    std::cout << "no dead letters\n";
    return;
  }
  std::cout << render_table({"SUBSCRIPTION", "ID", "TYPE", "CALL", "EVENT", "ATTEMPTS", "ANSWER", "GIVEN UP", ""},
                            rows);
}

Result<int> list(const Settings& settings, const LetterChoice& choice) {
  Result<LetterBoxes> books{LetterBoxes()};
  if (!asks_server(settings)) books = open_books(data_dir(settings), false);
  if (!books) return books.error();
  const auto letters = read_pages<NamedLetter>(
      [&](const PageRequest& page) -> Result<Page<NamedLetter>> {
        if (!asks_server(settings)) return list_letters(*books, choice, page);
        const auto answer = ask_server(settings, target_of("/v1/deadletters", choice, page));
        if (!answer) return answer.error();
        return parse_letter_list(*answer);
      },
      kLettersMax);
  if (!letters) return letters.error();
  print(*letters, settings.flag("json"));
  return kExitDone;
}

Result<std::uint64_t> change_at(const std::string& url, const LetterChoice& choice, LetterAction action) {
  const std::string target =
      target_of("/v1/deadletters/" + std::string(to_string(action)), choice, {.limit = 0, .cursor = {}});
  const auto answer = http::send("POST", url, target, kServerTimeout, {{kCommandHeader, "deadletters"}});
  if (!answer) return answer.error();
  if (answer->status == 200) return parse_letter_count(answer->body);
  const std::string detail = "the server says: " + problem_text(answer->body, answer->status);
  if (answer->status == 404) return Error{ErrorCode::kNotFound, detail};
  return Error{answer->status == 400 ? ErrorCode::kUsage : ErrorCode::kUnavailable, detail};
}

Result<std::uint64_t> change(const Settings& settings, const LetterChoice& choice, LetterAction action) {
  if (asks_server(settings)) return change_at(settings.text("url"), choice, action);
  std::vector<std::unique_ptr<ProjectionFolder>> ours;  // Nobody else's, as long as they are.
  std::error_code failed;
  for (const fs::path& state : states_in(data_dir(settings))) {
    if (!fs::is_directory(state / "projection", failed)) continue;
    auto owned = ProjectionFolder::own(state.string());
    if (!owned && owned.error().code == ErrorCode::kInUse) {
      ours.clear();
      const auto url = server_of_data_dir(settings);
      return url ? change_at(*url, choice, action) : url.error();
    }
    if (!owned) return owned.error();
    ours.push_back(std::move(*owned));
  }
  const auto books = open_books(data_dir(settings), true);
  if (!books) return books.error();
  return change_letters(*books, choice, action);
}

Result<int> run(const Settings& settings, const CommandContext&) {
  const auto& words = settings.positional();
  if (words.empty() || words.size() > 2)
    return usage_error("give list, retry or drop, and the subscription if one is meant");
  LetterChoice choice{.subscription = words.size() == 2 ? words[1] : std::string(), .place = {}};
  if (settings.has("id")) {
    choice.place = parse_place(settings.text("id"));
    if (!choice.place) return usage_error("--id '" + printable(settings.text("id")) + "': give PARTITION/OFFSET");
  }
  std::error_code failed;
  if (!asks_server(settings) && !fs::is_directory(data_dir(settings), failed)) {
    return Error{ErrorCode::kNotFound,
                 "no data dir at " + data_dir(settings) + ": check --data-dir, or start hookledger serve there"};
  }
  if (words[0] == "list") return list(settings, choice);
  const bool drops = words[0] == "drop";
  if (!drops && words[0] != "retry") return usage_error("'" + printable(words[0]) + "': give list, retry or drop");
  const auto count = change(settings, choice, drops ? LetterAction::kDrop : LetterAction::kRetry);
  if (!count) return count.error();
  if (settings.flag("json")) {
    std::cout << "{\"count\":" << *count << "}\n";
  } else {
    std::cout << *count << (*count == 1 ? " dead letter " : " dead letters ")
              << (drops ? "dropped\n" : "to be delivered again\n");
  }
  return kExitDone;
}

}  // namespace

Command deadletters_command() {
  return {
      "deadletters",
      "list|retry|drop [SUBSCRIPTION]",
      "Records that a subscription gave up: list, deliver again, drop",
      "A subscription gives a record up after its give-up-after, and the later records of the call go on. The record\n"
      "stays in the log in any case. retry delivers again, after what the call has had meanwhile; without a running\n"
      "server, when it starts. Beside a running server the server is asked, at --url or --api-listen; of several\n"
      "projectors each has the dead letters of its partitions.\n\n"
      "  hookledger deadletters list\n"
      "  hookledger deadletters retry crm\n"
      "  hookledger deadletters drop crm --id 3/1742\n",
      {{"id", "PARTITION/OFFSET", "this one alone"},
       {"api-listen", "ADDR:PORT", "the API of the running server; default 127.0.0.1:8081"}},
      run};
}

}  // namespace hookledger
