#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "ingest/http/kept_poster.h"
#include "replay/redelivery/endpoint.h"

namespace hookledger {

/// How long an application has for one answer.
inline constexpr std::chrono::seconds kEndpointTimeout(15);

/// They wait for answers together; only while one of them connects do the others of its thread wait.
inline constexpr std::size_t kEndpointsPerThread = 8;

/// Makes endpoints of the application behind a URL, reached over HTTP; they share what TLS needs.
std::function<std::unique_ptr<Endpoint>()> http_endpoints_of(const http::Url& url);

/// The value of a Retry-After header in seconds; nothing for a date, and for 0: then backoff decides.
std::optional<Duration> parse_retry_after(const std::string& text);

}  // namespace hookledger
