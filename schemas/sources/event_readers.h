#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "schemas/event.h"

namespace hookledger {

/// The reader of a kind of source; an empty kind is `kDefaultKind`. Null for a kind that is not known.
std::unique_ptr<EventReader> make_event_reader(std::string_view kind);

/// One reader for each kind that comes along. One thread.
class EventReaders {
 public:
  EventReaders();
  /// Of an unknown kind, such as a later version may have written, a reader that understands no body.
  EventReader& of(std::string_view kind);

 private:
  std::unique_ptr<EventReader> default_;
  std::map<std::string, std::unique_ptr<EventReader>, std::less<>> others_;
  std::unique_ptr<EventReader> unknown_;
};

}  // namespace hookledger
