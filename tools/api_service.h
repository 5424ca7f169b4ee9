#pragma once

#include <memory>

#include "ingest/http/http.h"
#include "projector/router.h"

namespace hookledger {

/// Serves a router over HTTP. `router` outlives the server.
std::unique_ptr<http::Service> make_api_service(const Router& router, http::Responder& responder);

}  // namespace hookledger
