// Input: the headers webhook-signature, webhook-timestamp and webhook-id and the body, a line each.

#include "ingest/verify/standard.h"
#include "schemas/text.h"
#include "tests/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hookledger;
  static const Source source = [] {
    init_crypto();
    Source made{.name = "app", .kind = "standard", .path = "/", .keys = {}};
    made.keys.push_back(*standard_verifier().secret(encode_base64(std::string(24, 's'))));
    made.keys.push_back(*standard_verifier().public_key("A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="));
    return made;
  }();
  constexpr Time kNow{std::chrono::seconds(1'770'545'731)};

  std::string_view rest = as_text(data, size);
  const auto take_line = [&rest] {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    return std::string(line);
  };
  SignatureEvidence evidence;
  evidence.signature = take_line();
  evidence.signed_at = take_line();
  evidence.signed_with = take_line();
  std::string signed_text;
  standard_verifier().begin_signed_text(evidence, signed_text);
  signed_text.append(rest);

  const auto mac = hmac_sha256(source.keys.front().secret()->bytes, signed_text);
  const std::string honest = "v1," + encode_base64(as_text(mac.data(), mac.size()));
  const Verification found = standard_verifier().verify(source, evidence, signed_text, kNow);
  if (found.key != nullptr) {
    require(evidence.signature.find(honest) != std::string::npos, "only who has the secret can sign");
  } else {
    require(!found.reason.empty(), "what is refused has a reason");
  }
  // Whatever stands beside it in the list.
  evidence.signature = honest + " " + evidence.signature.substr(0, 64);
  const Verification right = standard_verifier().verify(source, evidence, signed_text, kNow);
  require(right.key != nullptr || right.verdict == SignatureVerdict::kMissing || !right.reason.empty(),
          "what is rightly signed is known, or malformed");
  if (right.key != nullptr) require(evidence.signed_with.find('.') == std::string::npos, "an id has no dot");
  (void)secret_id("hmac-sha256", rest);
  (void)standard_verifier().secret(rest);
  (void)standard_verifier().public_key(rest);
  return 0;
}
