#pragma once

#include <memory>

#include "ingest/http/http.h"
#include "projector/router.h"
#include "tools/workers.h"

namespace hookledger {

/// Serves a router over HTTP. `workers`: handle what clients ask of `/v1`, so that a request which waits for other
/// processes keeps no I/O thread from what they ask of us; null: everything is handled where it comes. `commands`: the
/// same for what is asked to be done. All outlive the server's threads.
std::unique_ptr<http::Service> make_api_service(const Router& router, http::Responder& responder,
                                                Workers* workers = nullptr, Workers* commands = nullptr);

}  // namespace hookledger
