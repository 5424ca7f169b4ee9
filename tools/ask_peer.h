#pragma once

#include "projector/peers.h"

namespace hookledger {

/// `Peers::ask` over HTTP: an answer is waited for two seconds, which is longer than a projector waits for its state.
Result<PeerAnswer> ask_peer(const std::string& url, const std::string& target);

}  // namespace hookledger
