#include "schemas/sources/event_readers.h"

#include "schemas/sources/standard.h"
#include "schemas/sources/telnyx.h"
#include "schemas/sources/twilio.h"

namespace hookledger {
namespace {

class UnknownKindReader : public EventReader {
 public:
  EventHead head(const EventBody& body) override { return unrecognised_head(body.bytes); }
  const EventDetail& detail(const EventBody&, std::string_view) override { return detail_; }
  void add_values(const EventBody&, std::span<const std::string>, std::span<const std::uint32_t>,
                  FieldValues&) override {}

 private:
  const EventDetail detail_;
};

}  // namespace

std::unique_ptr<EventReader> make_event_reader(std::string_view kind) {
  if (kind.empty() || kind == "telnyx") return make_telnyx_reader();
  if (kind == "standard") return make_standard_reader();
  if (kind == "twilio") return make_twilio_reader();
  return nullptr;
}

EventReaders::EventReaders()
    : default_(make_event_reader(kDefaultKind)), unknown_(std::make_unique<UnknownKindReader>()) {}

EventReader& EventReaders::of(std::string_view kind) {
  if (kind.empty() || kind == kDefaultKind) return *default_;
  const auto known = others_.find(kind);
  if (known != others_.end()) return *known->second;
  auto made = make_event_reader(kind);
  return made == nullptr ? *unknown_ : *others_.emplace(kind, std::move(made)).first->second;
}

}  // namespace hookledger
