#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/error.h"
#include "schemas/finding.h"
#include "schemas/time.h"

namespace hookledger {

/// What can be told of a finding. Stored; never renumber.
enum class AlertKind : std::uint8_t { kOpened = 0, kResolved = 1, kNoted = 2 };
std::string_view to_string(AlertKind kind);

/// One thing to be told of one finding.
struct AlertEdge {
  AlertKind kind = AlertKind::kOpened;
  std::string id;  ///< Of a message that says only this.
  std::string rule;
  Severity severity = Severity::kWarning;
  Time at;              ///< When it opened, ended, or was noted.
  std::string finding;  ///< As `alert_finding` writes it.
};

/// The finding as JSON of bounded size: lists and texts are cut.
std::string alert_finding(Finding finding);

/// What one POST says: one edge, or several of one rule and kind. Format: schemas/alerts.md.
struct AlertMessage {
  static constexpr std::size_t kFindingsMax = 10;

  AlertMessage(const AlertEdge& first, Time made);
  void add(const AlertEdge& edge);
  /// From now on it stays as it is.
  void seal();

  std::string id;  ///< The same in every attempt; no dot.
  AlertKind kind = AlertKind::kOpened;
  std::string rule;
  Severity severity = Severity::kInfo;  ///< The highest.
  std::uint64_t count = 0;
  Time first_at, last_at;             ///< Of the edges.
  Time made_at;                       ///< When it began to wait.
  std::vector<std::string> findings;  ///< The first kFindingsMax, as JSON.
  bool sealed = false;                ///< Nothing is added any more: somebody may have been told.

 private:
  AlertMessage() = default;  // Of nothing: to be decoded into.
  friend Result<AlertMessage> decode_alert_message(std::string_view bytes);
};

/// A message's id that follows from the parts alone.
std::string alert_message_id(std::initializer_list<std::string_view> parts);

/// The JSON that is sent.
std::string alert_body(const AlertMessage& message);

std::string encode_alert_message(const AlertMessage& message);
/// Errors: kCorruption.
Result<AlertMessage> decode_alert_message(std::string_view bytes);

}  // namespace hookledger
