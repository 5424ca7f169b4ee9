#include "projector/alert_book.h"

#include <algorithm>

#include "projector/call_index.h"

namespace hookledger {
namespace {

const Error kDamaged{ErrorCode::kCorruption,
                     "what is kept for an alert is damaged: stop the server and remove the alert's folder"};

/// What the receiver hears when the finding turns out never to have been.
std::string as_taken_back(Finding finding) {
  finding.status = FindingStatus::kResolved;
  finding.resolved_at = finding.opened_at;
  return alert_finding(std::move(finding));
}

AlertEdge edge_of(AlertKind kind, const Finding& finding) {
  const Time at = kind == AlertKind::kResolved ? finding.resolved_at.value_or(finding.opened_at) : finding.opened_at;
  return {kind, {}, finding.rule, finding.severity, at, alert_finding(finding)};
}

}  // namespace

bool passes(const AlertFilter& filter, const Finding& finding) {
  return finding.severity >= filter.severity_min &&
         (filter.rules.empty() || std::ranges::find(filter.rules, finding.rule) != filter.rules.end());
}

std::string fingerprint(const AlertFilter& filter) {
  std::vector<std::string> rules = filter.rules;
  std::ranges::sort(rules);
  std::string text(to_string(filter.severity_min));
  for (const std::string& rule : rules) text.append(1, '\n').append(rule);
  return text;
}

Result<std::unique_ptr<AlertBook>> AlertBook::open(std::unique_ptr<KeyValue> bytes, Options options) {
  std::unique_ptr<AlertBook> book(new AlertBook(std::move(bytes), std::move(options)));
  if (const auto loaded = book->load_messages(); !loaded) return loaded.error();
  if (const auto loaded = book->load_progress(); !loaded) return loaded.error();
  return book;
}

AlertBook::AlertBook(std::unique_ptr<KeyValue> bytes, Options options)
    : bytes_(std::move(bytes)), options_(std::move(options)), queue_(options_.window) {}

Result<void> AlertBook::load_messages() {
  const std::string prefix = alert_key::messages();
  const auto scan = bytes_->scan(prefix, state_key::beyond(prefix));
  while (true) {
    const auto more = scan->next();
    if (!more) return more.error();
    if (!*more) return {};
    const auto number = parse_message_key(scan->key());
    auto message = decode_alert_message(scan->value());
    if (!message) return message.error();
    if (!number) return kDamaged;
    queue_.restore(*number, std::move(*message));
  }
}

Result<void> AlertBook::load_progress() {
  std::string value;
  const auto found = bytes_->get(alert_key::progress(), value);
  if (!found) return found.error();
  if (!*found) return {};
  const auto stored = decode_progress(value);
  if (!stored) return kDamaged;
  queue_.restore_last(stored->last);
  progress_ = stored->progress;
  const auto known = bytes_->get(alert_key::format(), value);
  if (!known) return known.error();
  if (*known && value == options_.fingerprint) return {};
  // Others are to be told now: of what is open, and of what comes.
  progress_->past_offsets = progress_->offsets;
  progress_->past_at = std::max(progress_->at, progress_->past_at);
  progress_->at = Time();
  progress_->told_then = false;
  return {};
}

Result<void> AlertBook::observe(std::string_view subject, const std::vector<Finding>& findings, const WasOver& was_over,
                                Now now) {
  auto all_told = told_of(subject);
  if (!all_told) return all_told.error();
  const auto stage = [&](std::string_view id, const ToldFinding& told) {
    staged_[alert_key::told_of(subject).append(id)] = encode(told);
  };
  for (const Finding& finding : findings) {
    auto known = all_told->extract(finding.id);
    if (known.empty() && !passes(options_.filter, finding)) continue;
    const bool fresh = known.empty();
    if (fresh && finding.status != FindingStatus::kOpen && was_over(finding)) continue;
    ToldFinding told = fresh ? ToldFinding{.openings = openings_told()} : std::move(known.mapped());
    if (tell_of(finding, told, fresh, now)) stage(finding.id, told);
  }
  for (auto& [id, told] : *all_told) {
    if (!told.open) continue;
    told.open = false;
    tell({AlertKind::kResolved, {}, told.rule, told.severity, now.wall, std::exchange(told.taken_back, {})}, id, told,
         now);
    stage(id, told);
  }
  return {};
}

Result<void> AlertBook::count_as_told(std::string_view subject, const std::vector<Finding>& findings) {
  if (findings.empty()) return {};
  const auto known = told_of(subject);
  if (!known) return known.error();
  for (const Finding& finding : findings) {
    if (!passes(options_.filter, finding) || known->contains(finding.id)) continue;
    staged_[alert_key::told_of(subject).append(finding.id)] = encode(ToldFinding{.open = true,
                                                                                 .openings = openings_told(),
                                                                                 .number = 0,
                                                                                 .rule = finding.rule,
                                                                                 .severity = finding.severity,
                                                                                 .taken_back = as_taken_back(finding)});
  }
  return {};
}

/// True when something was.
bool AlertBook::tell_of(const Finding& finding, ToldFinding& told, bool fresh, Now now) {
  const bool open = finding.status == FindingStatus::kOpen;
  if (open ? told.open : !told.open && !fresh) return false;
  told.rule = finding.rule;
  told.severity = finding.severity;
  if (!told.open) {
    ++told.openings;
    const AlertKind kind = finding.status == FindingStatus::kNoted ? AlertKind::kNoted : AlertKind::kOpened;
    tell(edge_of(kind, finding), finding.id, told, now);
  }
  if (finding.status == FindingStatus::kResolved) tell(edge_of(AlertKind::kResolved, finding), finding.id, told, now);
  told.open = open;
  told.taken_back = open ? as_taken_back(finding) : std::string();
  return true;
}

void AlertBook::tell(AlertEdge edge, std::string_view finding_id, ToldFinding& told, Now now) {
  edge.id = alert_message_id({options_.alert, to_string(edge.kind), finding_id, std::to_string(told.openings)});
  const bool beginning = !progress_ || progress_->beginning();
  told.number = queue_.add(edge, told.number,
                           beginning ? AlertQueue::Urgency::kGathered : AlertQueue::Urgency::kFirstAtOnce, now);
}

Result<AlertBook::ToldById> AlertBook::told_of(std::string_view subject) const {
  ToldById all;
  const std::string prefix = alert_key::told_of(subject), end = state_key::beyond(prefix);
  const auto scan = bytes_->scan(prefix, end);
  while (true) {
    const auto more = scan->next();
    if (!more) return more.error();
    if (!*more) break;
    auto told = decode_told(scan->value());
    if (!told) return kDamaged;
    all[std::string(scan->key().substr(prefix.size()))] = std::move(*told);
  }
  for (auto at = staged_.lower_bound(prefix); at != staged_.end() && at->first < end; ++at) {
    const std::string id = at->first.substr(prefix.size());
    if (at->second) {
      all[id] = *decode_told(*at->second);
    } else {
      all.erase(id);
    }
  }
  return all;
}

Result<std::vector<std::string>> AlertBook::told_subjects(std::size_t subjects_max) {
  std::vector<std::string> subjects;
  const std::string prefix = alert_key::told();
  const auto scan = bytes_->scan(prefix + told_position_, state_key::beyond(prefix));
  while (true) {
    const auto more = scan->next();
    if (!more) return more.error();
    const auto key = *more ? parse_told_key(scan->key()) : std::nullopt;
    if (*more && !key) return kDamaged;
    if (*more && !subjects.empty() && key->subject == subjects.back()) continue;
    if (!*more || subjects.size() == subjects_max) {
      told_position_ = *more ? std::string(scan->key().substr(prefix.size())) : std::string();
      return subjects;
    }
    subjects.emplace_back(key->subject);
  }
}

Result<void> AlertBook::forget(std::string_view subject) {
  const auto all = told_of(subject);
  if (!all) return all.error();
  for (const auto& [id, told] : *all) staged_[alert_key::told_of(subject).append(id)] = std::nullopt;
  return {};
}

Result<void> AlertBook::commit(const AlertProgress& progress) {
  if (staged_.empty() && progress_ == progress) return {};
  const bool begins = !progress_;
  progress_ = progress;
  staged_[alert_key::format()] = options_.fingerprint;
  auto written = write();
  // What a crash made begin again would take for past what came since.
  return written && begins ? flush() : written;
}

/// What changed while it was looked at, the next look sees: so of the last one but this all was observed.
void AlertBook::complete() {
  if (!telling_ && complete_) telling_ = Telling{*complete_, queue_.last()};
  complete_ = progress_;
  note_told();
}

void AlertBook::note_told() {
  if (!telling_ || queue_.first().value_or(UINT64_MAX) <= telling_->last) return;
  told_ = std::move(telling_->progress);
  telling_.reset();
}

Result<void> AlertBook::write() {
  if (progress_) staged_[alert_key::progress()] = encode(StoredProgress{*progress_, queue_.last()});
  for (const AlertQueue::Number number : queue_.take_changed()) {
    auto& value = staged_[alert_key::message(number)];
    value = queue_.has(number) ? std::optional(encode_alert_message(queue_.at(number))) : std::nullopt;
  }
  Writes writes;
  for (const auto& [key, value] : staged_) {
    if (value) {
      writes.put(key, *value);
    } else {
      writes.erase(key);
    }
  }
  flushed_ = false;
  auto written = bytes_->write(writes);
  if (written) staged_.clear();
  return written;
}

Result<std::optional<AlertBook::Due>> AlertBook::due(Now now) {
  const auto number = queue_.due(now.monotonic);
  if (!number) return std::optional<Due>();
  if (!queue_.at(*number).sealed) {
    queue_.seal(*number, now.monotonic);
    if (const auto written = write(); !written) return written.error();
  }
  if (const auto saved = save(); !saved) return saved.error();
  if (const auto flushed = flush(); !flushed) return flushed.error();
  return std::optional<Due>({*number, queue_.at(*number)});
}

Result<void> AlertBook::delivered(Number number) {
  if (!queue_.has(number)) return {};
  queue_.remove(number);
  note_told();
  return write();
}

void AlertBook::put_off(Number number, AlertQueue::Instant until) {
  if (queue_.has(number)) queue_.put_off(number, until);
}

Result<void> AlertBook::save() { return staged_.empty() ? Result<void>() : write(); }

Result<void> AlertBook::flush() {
  if (flushed_) return {};
  auto flushed = bytes_->flush();
  flushed_ = flushed.has_value();
  return flushed;
}

}  // namespace hookledger
