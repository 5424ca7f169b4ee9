#pragma once

#include <string>
#include <string_view>

#include "replay/presentation.h"

namespace hookledger {

/// Text from outside as HTML content or a quoted attribute value: control characters made visible,
/// markup characters escaped.
std::string html_text(std::string_view text);

/// A body for `<pre>`: JSON indented, anything else as it is; every line through `html_text`. At most a
/// small multiple of `body` in size, however deep it is nested.
std::string html_body(std::string_view body, bool is_json);

/// The call's ladder diagram as an `<svg>` element: application, provider and legs as columns, time
/// downwards, one arrow per record.
std::string html_ladder(const Timeline& timeline);

/// The page's style sheet; no byte of it comes from outside.
extern const std::string_view kHtmlStyle;

/// Class name of a tone: `answered`.
std::string_view html_class(Tone tone);

}  // namespace hookledger
