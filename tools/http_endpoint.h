#pragma once

#include <memory>
#include <optional>
#include <string>

#include "ingest/http/kept_poster.h"
#include "replay/redelivery/endpoint.h"

namespace hookledger {

/// How long an application has for one answer.
inline constexpr std::chrono::seconds kEndpointTimeout(15);

/// An application behind a URL, reached over HTTP.
std::unique_ptr<Endpoint> make_http_endpoint(const http::Url& url);

/// The value of a Retry-After header in seconds; nothing for a date: then backoff decides.
std::optional<Duration> parse_retry_after(const std::string& text);

}  // namespace hookledger
