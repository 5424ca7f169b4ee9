#include "replay/recovery/telnyx_answers.h"

#include "schemas/json_members.h"
#include "schemas/sources/telnyx.h"
#include "schemas/text.h"

namespace hookledger {
namespace {

/// `use(Members)` when the text is a JSON object.
template <class Use>
bool read_object(std::string_view json, const Use& use) {
  Fault fault;
  return read_json_object(json, fault, use);
}

bool is_object(std::string_view json) { return json.starts_with('{'); }

void keep(std::string& mine, std::string its) {
  if (mine.empty()) mine = std::move(its);
}

void keep(std::optional<Time>& mine, const std::string& its) {
  if (!mine) mine = parse_time(its);
}

/// A JSON text that is itself a string holds the object; anything else stays as it is.
std::string unwrapped(std::string json) {
  if (!json.starts_with('"')) return json;
  std::string text;
  read_object("{\"text\":" + json + "}", [&](Members from) { text = from.loose_text("text"); });
  return text;
}

void read_payload(const std::string& json, FetchedEvent& event) {
  if (!is_object(json)) return;
  const bool read = read_object(json, [&](Members from) {
    keep(event.leg_id, from.loose_text("call_leg_id"));
    keep(event.control_id, from.loose_text("call_control_id"));
    keep(event.call_id, from.loose_text("call_session_id"));
    keep(event.call_id, from.loose_text("creator_call_session_id"));
    keep(event.occurred_at, from.loose_text("occurred_at"));
  });
  if (read) event.payload = json;
}

/// The event itself, in any of its shapes: enveloped, bare, with `webhook_id`, as a text.
void read_event(const std::string& json, FetchedEvent& event, bool may_be_enveloped = true) {
  const std::string text = unwrapped(json);
  std::string payload;
  read_object(text, [&](Members from) {
    const auto data = from.json("data");
    if (may_be_enveloped && data && is_object(*data)) return read_event(*data, event, false);
    keep(event.type, from.loose_text("event_type"));
    keep(event.id, from.loose_text("id"));
    keep(event.id, from.loose_text("webhook_id"));
    keep(event.occurred_at, from.loose_text("occurred_at"));
    payload = unwrapped(from.json("payload").value_or(""));
    read_payload(payload, event);
    keep(event.occurred_at, from.loose_text("created_at"));
  });
}

/// Puts what stands beside the payload alone into it: of two members with one name the first counts.
void complete_payload(FetchedEvent& event, std::string_view name, const std::string& value) {
  if (event.payload.empty() || value.empty()) return;
  bool there = false;
  read_object(event.payload, [&](Members from) { there = !from.loose_text(name).empty(); });
  if (there) return;
  JsonWriter member;
  member.begin_object();
  member.member(name, value);
  member.end_object();
  const std::string_view before = member.view().substr(0, member.view().size() - 1);
  event.payload = std::string(before) + (event.payload == "{}" ? "" : ",") + event.payload.substr(1);
}

bool is_event(FetchedEvent& event) {
  complete_payload(event, "call_leg_id", event.leg_id);
  complete_payload(event, "call_session_id", event.call_id);
  if (event.type.find('.') == std::string::npos) event.type = telnyx_dotted_name(event.type);
  return !event.type.empty() && (!event.id.empty() || !event.leg_id.empty() || !event.call_id.empty());
}

/// The item of `webhook_deliveries`.
bool read_delivery(Members from, FetchedEvent& event) {
  const auto webhook = from.json("webhook");
  if (webhook) read_event(*webhook, event);
  return is_event(event);
}

/// The item of `call_events`: what it says itself fills in what the raw event does not.
bool read_call_event(Members from, FetchedEvent& event) {
  const std::string metadata = unwrapped(from.json("metadata").value_or(""));
  if (is_object(metadata)) {
    std::optional<std::string> raw;
    read_object(metadata, [&](Members inner) { raw = inner.json("event"); });
    read_event(raw ? *raw : metadata, event);
  }
  keep(event.type, from.loose_text("name"));
  keep(event.leg_id, from.loose_text("call_leg_id"));
  keep(event.call_id, from.loose_text("call_session_id"));
  keep(event.occurred_at, from.loose_text("event_timestamp"));
  return is_event(event);
}

/// Of a page; we ask for a hundred, and the provider gives at most 250.
constexpr std::size_t kItemsMax = 1'000;

template <class Read>
std::optional<EventPage> read_page(std::string_view json, const Read& read) {
  std::optional<EventPage> page;
  read_object(json, [&](Members from) {
    const auto data = from.json("data");
    if (!data || !data->starts_with('[')) return;
    const auto items = from.jsons("data", kItemsMax + 1);
    if (items.size() > kItemsMax) return;
    page.emplace();
    for (const std::string& item : items) {
      ++page->items;
      FetchedEvent event;
      bool good = false, command = false;
      read_object(item, [&](Members members) {
        command = members.loose_text("type") == "command";
        good = !command && read(members, event);
      });
      if (good) page->events.push_back(std::move(event));
      if (!good && !command) ++page->unreadable;
    }
    const auto meta = from.json("meta");
    if (!meta) return;
    read_object(*meta,
                [&](Members members) { page->pages = parse_unsigned(members.loose_text("total_pages")).value_or(0); });
  });
  return page;
}

}  // namespace

std::optional<EventPage> read_webhook_deliveries(std::string_view json) { return read_page(json, read_delivery); }

std::optional<EventPage> read_call_events(std::string_view json) { return read_page(json, read_call_event); }

LegState read_leg_state(std::string_view json, const LegIds& asked) {
  LegState state;
  read_object(json, [&](Members from) {
    const auto data = from.json("data");
    if (!data) return;
    read_object(*data, [&](Members leg) {
      const auto is_another = [&](std::string_view name, const std::string& id) {
        const std::string said = leg.loose_text(name);
        return !said.empty() && said != id;
      };
      if (is_another("call_leg_id", asked.leg_id) || is_another("call_control_id", asked.control_id)) return;
      const std::string alive = leg.json("is_alive").value_or("");
      state.started_at = parse_time(leg.loose_text("start_time"));
      state.ended_at = parse_time(leg.loose_text("end_time"));
      if (alive == "true") state.liveness = Liveness::kAlive;
      if (alive == "false" && state.ended_at) state.liveness = Liveness::kEnded;
    });
  });
  return state;
}

std::optional<ActivePage> read_active_calls(std::string_view json) {
  std::optional<ActivePage> page;
  read_object(json, [&](Members from) {
    const auto data = from.json("data");
    if (!data || !data->starts_with('[')) return;
    const auto items = from.jsons("data", kItemsMax + 1);
    if (items.size() > kItemsMax) return;
    page.emplace();
    for (const std::string& item : items) {
      LegIds leg;
      read_object(item, [&](Members members) {
        leg.leg_id = members.loose_text("call_leg_id");
        leg.control_id = members.loose_text("call_control_id");
        leg.call_id = members.loose_text("call_session_id");
      });
      if (!leg.leg_id.empty()) page->legs.push_back(std::move(leg));
    }
    const auto meta = from.json("meta");
    if (!meta) return;
    read_object(*meta, [&](Members members) {
      const auto cursors = members.json("cursors");
      if (!cursors) return;
      read_object(*cursors, [&](Members at) { page->after = at.loose_text("after"); });
    });
  });
  return page;
}

}  // namespace hookledger
