#pragma once

#include <functional>
#include <vector>

#include "projector/router.h"
#include "replay/redelivery/letter_box.h"

namespace hookledger {

/// Those that are here, now; they outlive the request.
using LetterBoxes = std::function<std::vector<LetterBox*>()>;

/// `GET /v1/deadletters`, and `POST /v1/deadletters/retry` and `/drop`. Handlers may run on any thread.
void add_letters_routes(Router& router, const LetterBoxes& boxes);

}  // namespace hookledger
