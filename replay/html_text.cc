#include <algorithm>

#include "replay/html.h"
#include "schemas/text.h"

namespace hookledger {
namespace {

/// Deeper levels are not indented further: a body nested a thousand deep would grow a thousandfold.
constexpr std::size_t kIndentLevelsMax = 16;

std::size_t skip_blanks(std::string_view json, std::size_t at) {
  return std::min(json.find_first_not_of(" \t\r\n", at), json.size());
}

std::size_t end_of_string(std::string_view json, std::size_t at) {
  for (++at; at < json.size() && json[at] != '"'; ++at) {
    if (json[at] == '\\') ++at;
  }
  return std::min(at + 1, json.size());
}

std::string indented(std::string_view json) {
  std::string out;
  out.reserve(json.size() * 2);
  std::size_t depth = 0;
  const auto new_line = [&] { out.append(1, '\n').append(2 * std::min(depth, kIndentLevelsMax), ' '); };
  for (std::size_t at = skip_blanks(json, 0); at < json.size(); at = skip_blanks(json, at)) {
    const char c = json[at];
    if (c == '"') {
      const std::size_t end = end_of_string(json, at);
      out += json.substr(at, end - at);
      at = end;
      continue;
    }
    ++at;
    if (c == '{' || c == '[') {
      out += c;
      const std::size_t next = skip_blanks(json, at);
      if (next < json.size() && (json[next] == '}' || json[next] == ']')) {
        out += json[next];
        at = next + 1;
        continue;
      }
      ++depth;
      new_line();
    } else if (c == '}' || c == ']') {
      depth -= std::min<std::size_t>(depth, 1);
      new_line();
      out += c;
    } else if (c == ',') {
      out += c;
      new_line();
    } else if (c == ':') {
      out += ": ";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::string html_text(std::string_view text) {
  const std::string visible = printable(text);
  std::string out;
  out.reserve(visible.size());
  for (const char c : visible) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string html_body(std::string_view body, bool is_json) {
  const std::string text = is_json ? indented(body) : std::string(body);
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    out.append(html_text(line)).append(1, '\n');
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  }
  return out;
}

std::string_view html_class(Tone tone) {
  switch (tone) {
    case Tone::kOther: return "other";
    case Tone::kInitiated: return "initiated";
    case Tone::kRinging: return "ringing";
    case Tone::kAnswered: return "answered";
    case Tone::kBridged: return "bridged";
    case Tone::kEnded: return "ended";
    case Tone::kRecording: return "recording";
  }
  return "other";
}

}  // namespace hookledger
