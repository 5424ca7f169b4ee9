#pragma once

#include <functional>

#include "projector/router.h"
#include "replay/redelivery/letter_box.h"

namespace hookledger {

/// `GET /v1/deadletters`, and `POST /v1/deadletters/retry` and `/drop`. Handlers may run on any thread. `boxes`: those
/// that are here, now.
void add_letters_routes(Router& router, const std::function<LetterBoxes()>& boxes);

}  // namespace hookledger
